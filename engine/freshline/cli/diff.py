"""diff: what tells two versions of one asset apart."""

from collections.abc import Sequence
from typing import NamedTuple

import click

from freshline.cli.compose import Project, opened
from freshline.cli.current import engine_over, relation_of
from freshline.cli.differences import difference_lines
from freshline.cli.formats import at
from freshline.cli.options import Whole, as_json, common, said
from freshline.cli.render import moment
from freshline.cli.select import one_asset
from freshline.cli.table import table
from freshline.codec import encode
from freshline.counted import counted
from freshline.definitions import CheckKind, Column
from freshline.errors import CorruptError, UsageError
from freshline.execute.aside import last_version
from freshline.execute.comparing import Columns, Comparison, Side, compare_columns, compare_versions
from freshline.execute.difference import Difference
from freshline.lineage.canonical import upstreams_in, view_relation
from freshline.ports import Storage
from freshline.reconcile.fingerprint import storage_of
from freshline.suggest import closest
from freshline.versions import Version

_MOST_NUMBERS = 10


class _One(NamedTuple):
    """One of the two versions, where it lies, and what people call it."""

    version: Version
    storage: Storage
    name: str


@click.command()
@click.argument("asset")
@click.argument("before", type=Whole(1), required=False)
@click.argument("after", type=Whole(1), required=False)
@click.option("--candidate", is_flag=True, help="Against the version that a check held back.")
@click.option("--key", metavar="COLUMNS", help="What tells rows apart; else the primary key.")
@click.option("-n", "--sample", type=Whole(0), default=5, show_default=True, help="Rows shown.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 if they differ.")
@as_json
@common
def diff(
    asset: str,
    before: int | None,
    after: int | None,
    candidate: bool,
    key: str | None,
    sample: int,
    exit_code: bool,
    as_json: bool,
) -> int:
    """Compare two versions of ASSET: columns, rows by their key, values, with a sample.

    Without numbers the current version is compared with the one before it, with one number with
    that version.
    """
    if candidate and after is not None:
        raise UsageError("--candidate is one of the two versions", help="give one number at most")
    with opened(said()) as project:
        name = one_asset(project, asset, may_be_aside=True)
        if name in project.graph.sources:
            raise UsageError(f"{name} is a source: it has no versions", help="see `events`")
        one, other = _versions(project, name, (before, after), candidate=candidate)
        told = _key(project, name, key, (one, other))
        found = _compared(project, (one, other), told, sample)
    if as_json:
        click.echo(encode(_json(name, one, other, found)))
    else:
        click.echo("\n".join(_text(name, one, other, found)))
    return 1 if exit_code and not found.are_the_same else 0


def _versions(
    project: Project, key: str, numbers: tuple[int | None, int | None], *, candidate: bool
) -> tuple[_One, _One]:
    target = project.place.target(key)
    if (asset := project.graph.assets.get(key)) is not None:
        storage = project.storages[storage_of(asset.definition, project.graph.project)]
    else:
        kept = last_version(target, project.storages.values())
        assert kept is not None  # who has none is refused before
        storage = kept.storage
    there = storage.numbers(target)
    if not there:
        raise UsageError(f"{key} was never materialized", help="build it with `freshline apply`")

    def numbered(number: int) -> _One:
        if number not in there:
            kept = ", ".join(map(str, there[-_MOST_NUMBERS:]))
            raise UsageError(f"{key} has no version {number}", help=f"kept: {kept}")
        version = storage.manifest(target, number).version
        if not version.query and not storage.stamp(version):
            name = f"{key} version {number}"
            raise CorruptError(f"the rows of {name} are gone", name=name, help="see `verify`")
        return _One(version, storage, f"version {number}")

    first, second = numbers
    if candidate:
        state = project.sight.events.snapshot(project.graph.project.name, project.environment)
        held_back = state.of(target).candidate
        if held_back is None:
            raise UsageError(
                f"no candidate of {key} was held back",
                help="one is kept when a check fails, until the next attempt",
            )
        return numbered(first or there[-1]), _One(held_back, storage, "the candidate")
    if first is None:
        if len(there) == 1:
            raise UsageError(
                f"{key} has one version, {there[0]}: nothing to compare it with",
                help="the next `freshline apply` that changes it makes another",
            )
        first = there[-2]
    return numbered(first), numbered(second or there[-1])


def _key(
    project: Project, asset: str, words: str | None, versions: tuple[_One, _One]
) -> tuple[str, ...]:
    """Return the columns that tell rows apart: those that were asked for, else those declared."""
    if words is None:
        if asset not in project.graph.assets:
            return ()
        checks = project.graph.definition_of(asset).checks
        return next((check.columns for check in checks if check.kind is CheckKind.UNIQUE), ())
    named = tuple(word.strip() for word in words.split(",") if word.strip())
    if not named:
        raise UsageError("--key names no column", help="write for instance --key order_id,line")
    for each in versions:
        columns = {column.name.lower(): column.name for column in each.version.columns}
        for name in named:
            if name.lower() not in columns:
                near = closest(name, columns)
                hint = f'did you mean "{columns[near[0]]}"? ' if near else ""
                listed = ", ".join(columns.values())
                raise UsageError(
                    f'{each.name} of {asset} has no column "{name}"',
                    help=f"{hint}columns: {listed}",
                )
    return named


def _compared(
    project: Project, versions: tuple[_One, _One], key: Sequence[str], sample: int
) -> Comparison:
    one, other = (each.version for each in versions)
    if one.mat_id == other.mat_id and not one.query:  # pointed to again: the very same bytes
        columns = compare_columns(one.columns, other.columns)
        return Comparison(columns=columns, rows=(one.rows, other.rows))
    before, after = (Side(_relation(project, each), each.version.columns) for each in versions)
    return compare_versions(engine_over(project), before, after, key, sample)


def _relation(project: Project, one: _One) -> str:
    """Return how to read a version; a view's query reads what is current now."""
    if not one.version.query:
        return one.storage.relation(one.version)
    found = {u: relation_of(project, u) for u in upstreams_in(one.version.query)}
    missing = [upstream for upstream, relation in found.items() if relation is None]
    if missing:
        raise UsageError(
            f"{one.name} reads {missing[0]}, which has no rows to read",
            help="build it with `freshline apply`",
        )
    return view_relation(one.version.query, {u: rows for u, rows in found.items() if rows})


def _text(key: str, one: _One, other: _One, found: Comparison) -> list[str]:
    title = f"{click.style(key, bold=True)}: {_titled(one)} -> {_titled(other)}"
    if found.are_the_same:
        return [title, f"  no difference: {_rows(found.rows[1])}"]
    facts: list[tuple[str, str]] = [
        ("" if place else "columns", words)
        for place, words in enumerate(_columns_text(found.columns))
    ]
    facts.append(("rows", _rows_text(found)))
    if found.removed or found.added or found.changed:
        facts.append((f"by {', '.join(found.key)}" if found.key else "as a whole", _counts(found)))
        if found.why_no_key:
            facts.append(("", f"not by its key: {found.why_no_key}"))
    lines = [title, *(f"  {line}" for line in table((), facts))]
    if found.by_column:
        what = "rows changed" if found.key else "values more on one side"
        rows = [(name, f"{count:,}") for name, count in found.by_column.items()]
        lines += ["", *table(("column", what), rows, right=frozenset({1}))]
    sample = found.sample
    if sample is not None and (sample.missing or sample.unexpected or sample.changed):
        shown = difference_lines(sample, most=len(_all_rows(sample)))
        lines += ["", *shown]
    return lines


def _titled(one: _One) -> str:
    return f"{one.name} ({moment(one.version.at)})"


def _columns_text(columns: Columns) -> list[str]:
    told = [f"+ {name} {type.lower()}" for name, type in columns.added]
    told += [f"- {name} {type.lower()}" for name, type in columns.removed]
    told += [f"~ {r.name} {r.before.lower()} -> {r.after.lower()}" for r in columns.retyped]
    if columns.reordered:
        told.append("~ in another order")
    return told


def _rows_text(found: Comparison) -> str:
    before, after = found.rows
    return _rows(after) if before == after else f"{before:,} -> {_rows(after)}"


def _rows(number: int) -> str:
    return counted(number, "row")


def _counts(found: Comparison) -> str:
    if found.changed is None:
        return f"{found.removed:,} only before, {found.added:,} only after"
    return f"{found.removed:,} removed, {found.added:,} added, {found.changed:,} changed"


def _all_rows(sample: Difference) -> tuple[object, ...]:
    return (*sample.missing, *sample.unexpected, *sample.changed)


def _json(key: str, one: _One, other: _One, found: Comparison) -> dict[str, object]:
    sample = found.sample
    return {
        "version": 1,
        "asset": key,
        "before": _facts(one, found.rows[0]),
        "after": _facts(other, found.rows[1]),
        "same": found.are_the_same,
        "columns": {
            "added": [_column(c) for c in found.columns.added],
            "removed": [_column(c) for c in found.columns.removed],
            "retyped": [r._asdict() for r in found.columns.retyped],
            "reordered": found.columns.reordered,
        },
        "key": list(found.key) or None,
        "why_no_key": found.why_no_key or None,
        "removed": found.removed,
        "added": found.added,
        "changed": found.changed,
        "by_column": dict(found.by_column),
        "sample": None
        if sample is None
        else {
            "columns": sample.columns,
            "removed": sample.missing,
            "added": sample.unexpected,
            "changed": [{"before": c.expected, "after": c.found} for c in sample.changed],
        },
    }


def _facts(one: _One, rows: int) -> dict[str, object]:
    version = one.version
    is_candidate = one.name == "the candidate"
    return {
        "number": None if is_candidate else version.number,
        "candidate": is_candidate,
        "published": at(version.at),
        "computed_as": version.mat_id,
        "rows": rows,
    }


def _column(column: Column) -> dict[str, str]:
    return {"name": column.name, "type": column.type}
