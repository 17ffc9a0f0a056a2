"""The parts of a project put together: side-cars merged, every key declared once."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeVar

from freshline.code import CodeCheck
from freshline.declare.declared import FileDeclared
from freshline.declare.files import PROJECT_FILES
from freshline.declare.report import Quote
from freshline.declare.section import did_you_mean
from freshline.declare.settings import Settings
from freshline.definitions import AssetDefinition, Declared, MacroDefinition, SourceDefinition
from freshline.errors import Diagnostic, Severity, Span
from freshline.keys import relation_name
from freshline.refresh import ScheduleDefinition, SensorDefinition

_Automation = TypeVar("_Automation", ScheduleDefinition, SensorDefinition)


class _Candidate(NamedTuple):
    """One declaration of a key."""

    definition: AssetDefinition | SourceDefinition
    place: Quote


def assemble(settings: Settings, parts: Iterable[FileDeclared]) -> Declared:
    """Return the project that its files make up: side-cars merged, every key declared once.

    A key that is declared twice, or whose name in the database another one takes too, is set aside
    with all its declarations. The result does not depend on the order of the parts.
    """
    ordered = sorted(parts, key=lambda part: part.file)
    problems = [*settings.diagnostics]
    _refuse_second_project_file(settings, ordered, problems)
    broken: set[str] = set()
    for part in ordered:
        problems += part.diagnostics
        broken.update(part.broken)
    _refuse_second_folder_file(ordered, problems)
    candidates = _candidates(ordered, problems, broken)
    _refuse_duplicates(candidates, problems, broken)
    _refuse_collisions(candidates, problems, broken)
    _refuse_unknown_overrides(settings, candidates, broken, problems)
    macros = _macros(ordered, problems)
    checks = _code_checks(ordered, candidates, broken, problems)
    good = [found[0].definition for key, found in sorted(candidates.items()) if key not in broken]
    return Declared(
        project=settings.project,
        assets=tuple(_with_checks(d, checks) for d in good if isinstance(d, AssetDefinition)),
        sources=tuple(d for d in good if isinstance(d, SourceDefinition)),
        macros=macros,
        code_checks=checks,
        schedules=_each_name_once(
            "schedule", [each for part in ordered for each in part.schedules], problems
        ),
        sensors=_each_name_once(
            "sensor", [each for part in ordered for each in part.sensors], problems
        ),
        broken=tuple(sorted(broken)),
        causes={key: code for part in ordered for key, code in part.causes.items()},
        diagnostics=in_order(problems),
    )


def in_order(problems: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return diagnostics by file and place, each once; a warning of several assets is one too."""

    def place(problem: Diagnostic) -> tuple[str, int, int, str]:
        span = problem.span or Span(file="", line=0, column=0)
        return span.file, span.line, span.column, problem.code

    found: dict[object, Diagnostic] = {}
    for problem in sorted(problems, key=place):
        is_warning = problem.severity is Severity.WARNING
        same = (problem.code, problem.span, problem.message) if is_warning else problem
        found.setdefault(same, problem)
    return tuple(found.values())


def _refuse_second_project_file(
    settings: Settings, ordered: list[FileDeclared], problems: list[Diagnostic]
) -> None:
    first = Span(file=settings.project.file, line=1, column=1)
    for part in ordered:
        if part.file in PROJECT_FILES and part.file != first.file:
            problems.append(
                Diagnostic(
                    code="E110",
                    message=f"a project has one file of settings, and {first.file} is it",
                    span=Span(file=part.file, line=1, column=1),
                    fix="keep one of the two",
                    related=((first, "the other one"),),
                )
            )


def _refuse_second_folder_file(ordered: list[FileDeclared], problems: list[Diagnostic]) -> None:
    files = {part.file for part in ordered if part.layer is not None}
    for second in sorted(file for file in files if file.endswith(".yml")):
        first = second.removesuffix("yml") + "yaml"
        if first in files:
            place = Span(file=second, line=1, column=1)
            other = Span(file=first, line=1, column=1)
            message = f"a folder has one file of defaults, and {first} is it"
            problems.append(
                Diagnostic(
                    code="E110",
                    message=message,
                    span=place,
                    fix="keep one of the two",
                    related=((other, "the other one"),),
                )
            )


def _refuse_unknown_overrides(
    settings: Settings,
    candidates: Mapping[str, list[_Candidate]],
    broken: set[str],
    problems: list[Diagnostic],
) -> None:
    """Refuse what an environment says of an asset that is none."""
    assets = [
        key
        for key, found in candidates.items()
        if any(isinstance(each.definition, AssetDefinition) for each in found)
    ]
    for key, place in settings.places():
        if key in assets or key in broken:
            continue
        message = f'there is no asset "{key}"'
        fix = did_you_mean(key, sorted({*assets, *broken})) or "name an asset by its full key"
        if key in candidates:
            message = f"{key} is a source, of which an environment says nothing"
            fix = "let its `path:` read a variable: `path: data/${var.folder}/orders.csv`"
        problems.append(
            Diagnostic(code="E203", message=message, span=place.span, excerpt=place.line, fix=fix)
        )


def _code_checks(
    ordered: list[FileDeclared],
    candidates: Mapping[str, list[_Candidate]],
    broken: set[str],
    problems: list[Diagnostic],
) -> tuple[CodeCheck, ...]:
    """Return the checks that are functions, of assets that there are, each name once for each."""
    known: dict[tuple[str, str], Span | None] = {
        (key, check.name): check.span
        for key, found in candidates.items()
        for candidate in found
        for check in candidate.definition.checks
    }
    good: list[CodeCheck] = []
    for check in (check for part in ordered for check in part.code_checks):
        code, fix, related = "", "", None
        message = f'there is no asset "{check.of}"'
        if check.of not in candidates and check.of not in broken:
            code = "E203"
            fix = (
                did_you_mean(check.of, sorted({*candidates, *broken}))
                or "name an asset by its full key"
            )
        elif (check.of, check.name) in known:
            code, related = "E110", known[check.of, check.name]
            message = f"{check.of} has two checks of the name {check.name}"
            fix = "give one of them another name"
            broken.add(check.of)
        if code:
            others = ((related, "the other one"),) if related is not None else ()
            found = Diagnostic(code=code, message=message, span=check.span, excerpt=check.line)
            problems.append(replace(found, fix=fix, related=others))
            continue
        known[check.of, check.name] = check.span
        good.append(check)
    return tuple(good)


def _with_checks(asset: AssetDefinition, checks: Iterable[CodeCheck]) -> AssetDefinition:
    """Return an asset that code makes with the names of the functions that check it."""
    names = tuple(check.code.function for check in checks if check.of == asset.key)
    if asset.code is None or not names:
        return asset
    return replace(asset, code=replace(asset.code, checks=names))


def _macros(ordered: list[FileDeclared], problems: list[Diagnostic]) -> tuple[MacroDefinition, ...]:
    """Return the macros by name; those of one name are all left out."""
    by_name: dict[str, list[MacroDefinition]] = {}
    for part in ordered:
        for macro in part.macros:
            by_name.setdefault(macro.name, []).append(macro)
    for name, (first, *others) in by_name.items():
        problems += (
            Diagnostic(
                code="E110",
                message=f"the macro {name} is declared twice: here and at {first.span}",
                span=other.span,
                fix="keep one of the two; several forms of one macro stand in one statement",
                related=((first.span, "declared here too"),),
            )
            for other in others
        )
    return tuple(found[0] for _, found in sorted(by_name.items()) if len(found) == 1)


def _each_name_once(
    what: str, found: Iterable[_Automation], problems: list[Diagnostic]
) -> tuple[_Automation, ...]:
    """Return schedules or sensors by name; those of one name are all left out."""
    by_name: dict[str, list[_Automation]] = {}
    for each in found:
        by_name.setdefault(each.name, []).append(each)
    for name, (first, *others) in by_name.items():
        problems += (
            Diagnostic(
                code="E110",
                message=f"the {what} {name} is declared twice: here and at {first.span}",
                span=other.span,
                excerpt=other.line,
                fix="give one of them another name",
                related=((first.span, "declared here too"),),
            )
            for other in others
        )
    return tuple(named[0] for _, named in sorted(by_name.items()) if len(named) == 1)


def _candidates(
    ordered: list[FileDeclared], problems: list[Diagnostic], broken: set[str]
) -> dict[str, list[_Candidate]]:
    """Return every declaration by its key, with the side-cars merged into their SQL files."""
    merged, used = _side_cars(ordered, problems, broken)
    candidates: dict[str, list[_Candidate]] = {}
    for part in ordered:
        found: tuple[AssetDefinition | SourceDefinition, ...] = (*part.assets, *part.sources)
        for definition in merged.get(part.file) or found:
            place = (used.get(part.file) or part).places[definition.key]
            candidates.setdefault(definition.key, []).append(_Candidate(definition, place))
    return candidates


def _side_cars(
    ordered: list[FileDeclared], problems: list[Diagnostic], broken: set[str]
) -> tuple[dict[str, tuple[AssetDefinition, ...]], dict[str, FileDeclared]]:
    """Return the merged definitions, and the side-car of each, by SQL file."""
    by_file = {part.file: part for part in ordered}
    merged: dict[str, tuple[AssetDefinition, ...]] = {}
    used: dict[str, FileDeclared] = {}
    for part in ordered:
        if part.side_car is None:
            continue
        key, place = part.side_car.key, part.places[part.side_car.key]
        file = part.file.rpartition(".")[0] + ".sql"
        sql = by_file.get(file)
        if sql is None:
            problems.append(_lonely(key, place, file))
            broken.add(key)
        elif sql.front_matter is not None or file in used:
            problems.append(_described_twice(key, place, sql, used.get(file)))
            broken.update((key, *(asset.key for asset in sql.assets)))
        elif sql.assets:
            used[file] = part
            asset = sql.assets[0]
            merged[file] = (replace(part.side_car, sql=asset.sql, file=file, span=asset.span),)
        else:  # the SQL file is broken: what it is called here is broken too
            broken.add(key)
    return merged, used


def _lonely(key: str, place: Quote, file: str) -> Diagnostic:
    return Diagnostic(
        code="E106",
        message="this asset has neither SQL nor code",
        span=place.span,
        excerpt=place.line,
        fix=f"add `sql:`, `run:` or `command:`, or write the SELECT in {file}",
        asset=key,
    )


def _described_twice(
    key: str, place: Quote, sql: FileDeclared, other: FileDeclared | None
) -> Diagnostic:
    first = sql.front_matter or (
        other.places[other.side_car.key].span if other and other.side_car else None
    )
    what = "front matter" if sql.front_matter else "another side-car"
    return Diagnostic(
        code="E110",
        message=f"{sql.file} is described here and in {what}",
        span=place.span,
        excerpt=place.line,
        fix="keep one of the two",
        related=((first, "described here too"),) if first else (),
        asset=key,
    )


def _refuse_duplicates(
    candidates: Mapping[str, list[_Candidate]], problems: list[Diagnostic], broken: set[str]
) -> None:
    for key, found in candidates.items():
        if len(found) == 1:
            continue
        broken.add(key)
        *others, last = found
        kinds = {type(candidate.definition) for candidate in found}
        what = "declared twice" if len(kinds) == 1 else "both an asset and a source"
        places = ", ".join(str(other.place.span) for other in others)
        problems.append(
            Diagnostic(
                code="E110",
                message=f"{key} is {what}: here and at {places}",
                span=last.place.span,
                excerpt=last.place.line,
                fix="keep one, or give one of them another key",
                related=tuple((other.place.span, "declared here too") for other in others),
                asset=key,
            )
        )


def _refuse_collisions(
    candidates: Mapping[str, list[_Candidate]], problems: list[Diagnostic], broken: set[str]
) -> None:
    """Refuse `a.b.c` beside `a_b.c`: to database clients both are a_b.c."""
    by_relation: dict[tuple[str, str], list[str]] = {}
    for key in sorted(candidates):
        by_relation.setdefault(relation_name(key), []).append(key)
    for (schema, name), keys in by_relation.items():
        if len(keys) == 1:
            continue
        broken.update(keys)
        for key in keys:
            first, others = candidates[key][0].place, [other for other in keys if other != key]
            problems.append(
                Diagnostic(
                    code="E111",
                    message=f"{key} and {others[0]} are both {schema}.{name} to database clients",
                    span=first.span,
                    excerpt=first.line,
                    fix="rename one of them",
                    related=tuple(
                        (candidates[other][0].place.span, "the other one") for other in others
                    ),
                    asset=key,
                )
            )
