"""Macros: functions that authors write once, made known to DuckDB and followed to their users.

A macro's body is part of the logic of exactly the assets that call it, directly or through another
macro. It may read nothing but its arguments: what an asset reads stands in its own SQL.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from freshline.definitions import Declared, MacroDefinition
from freshline.errors import Diagnostic, Span
from freshline.lineage import sql
from freshline.lineage.binder import Binder, BindProblem
from freshline.lineage.graph import reach
from freshline.lineage.order import hangs_on_order
from freshline.lineage.refusals import refusal

_INSTEAD = "make it an asset, or pass what it needs as an argument"
_READS = "the macro {} may not read {}: only an asset's own SQL says what it reads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Macro:
    """A macro that can be called: what its callers' logic depends on.

    `calls` are the macros it calls, directly or not; `is_volatile` and `is_order_sensitive` hold
    for whoever calls it.
    """

    definition: MacroDefinition
    digest: str
    calls: tuple[str, ...] = ()
    is_volatile: bool = False
    is_order_sensitive: bool = False


class Macros(NamedTuple):
    """The macros that can be called, in an order to create them in, and those that are broken."""

    known: Mapping[str, Macro]
    broken: Mapping[str, Diagnostic]
    refused: tuple[Diagnostic, ...] = ()  # those whose names are functions of DuckDB's own

    def called(self, text: str) -> tuple[Macro, ...]:
        """Return the macros that a text may call, with all that these call in turn."""
        found = {*_mentioned(text, self.known)}
        found |= {called for name in found for called in self.known[name].calls}
        return tuple(self.known[name] for name in sorted(found))

    def missed(self, text: str) -> str | None:
        """Return the name of a broken macro that a text may call, None where there is none."""
        return next(iter(_mentioned(text, self.broken)), None)


NO_MACROS = Macros({}, {})


def compile_macros(binder: Binder, declared: Declared) -> Macros:
    """Create the macros of a project in the binder's database; a broken one keeps no other out."""
    if not declared.macros:
        return NO_MACROS
    every = {macro.name: macro for macro in declared.macros}
    taken = _taken(binder, every)
    definitions = {name: macro for name, macro in every.items() if name not in taken}
    broken: dict[str, Diagnostic] = {}
    created = _created(binder, definitions, broken)
    found: dict[str, Macro] = {}
    direct: dict[str, tuple[str, ...]] = {}
    all_bodies = binder.bodies() if created else {}
    for name in created:
        bodies = all_bodies[name.lower()]
        direct[name] = _mentioned(" ".join(text for text, _ in bodies), definitions)
        macro = _seen_through(binder, definitions[name], bodies)
        if isinstance(macro, Diagnostic):
            broken[name] = macro
        else:
            found[name] = macro
    # DuckDB takes a macro that calls what is not there: only the call would fail.
    for name, macro in list(found.items()):
        if (culprit := next((c for c in reach([name], direct) if c in broken), None)) is not None:
            broken[name] = _finding(
                macro.definition, f"{name} calls {culprit}, which is broken", "mend that one"
            )
            del found[name]
    for name in broken.keys() & {*created}:
        binder.drop_macro(name)
    known = {name: _with_calls(macro, direct, found) for name, macro in found.items()}
    return Macros(known, dict(sorted(broken.items())), tuple(taken.values()))


def _taken(binder: Binder, definitions: Mapping[str, MacroDefinition]) -> dict[str, Diagnostic]:
    """Return the macros whose names DuckDB's own functions have."""
    builtin = binder.function_names()
    fix = "give the macro another name"
    return {
        name: _finding(macro, f"{name} is a function of DuckDB already", fix)
        for name, macro in definitions.items()
        if name in builtin
    }


def _created(
    binder: Binder,
    definitions: Mapping[str, MacroDefinition],
    broken: dict[str, Diagnostic],
) -> list[str]:
    """Create what can be created, each behind what it calls; say of the others why they cannot."""
    waiting = list(definitions)
    created: list[str] = []
    while waiting:
        problems: dict[str, BindProblem] = {}
        for name in waiting:
            try:
                binder.create(definitions[name].text)
                created.append(name)
            except BindProblem as problem:
                problems[name] = problem
        if len(problems) == len(waiting):
            for name, why in problems.items():
                broken[name] = _refused(definitions[name], why, problems)
            break
        waiting = list(problems)
    return created


def _seen_through(
    binder: Binder, definition: MacroDefinition, bodies: Iterable[tuple[str, bool]]
) -> Macro | Diagnostic:
    """Return what can be said of a macro by itself; or why it may not be one.

    Each body is an expression, or the query of a table macro.
    """
    volatile = in_order = False
    for text, is_table in bodies:
        query = text if is_table else f"SELECT {text}"
        try:
            named = binder.tables(query)
            parsed = sql.parse(query)
        except (BindProblem, sql.SqlProblem):
            message = f"the macro {definition.name} cannot be seen through"
            return _finding(definition, message, "write its expression into the assets that use it")
        outside = [*sorted(named), *(call for call, *_ in sql.undeclared(parsed))]
        if outside:
            return _finding(definition, _READS.format(definition.name, outside[0]), _INSTEAD)
        assert parsed.tree is not None
        volatile = volatile or sql.is_volatile(parsed.tree)
        in_order = in_order or hangs_on_order(parsed.tree)
    return Macro(
        definition=definition,
        digest=sql.macro_digest(definition.name, definition.text),
        is_volatile=volatile,
        is_order_sensitive=in_order,
    )


def _with_calls(
    macro: Macro, direct: Mapping[str, tuple[str, ...]], found: Mapping[str, Macro]
) -> Macro:
    """Return a macro with all that it calls, and with what holds of it because of that."""
    every = [found[name] for name in sorted(reach([macro.definition.name], direct))]
    return replace(
        macro,
        calls=tuple(m.definition.name for m in every if m is not macro),
        is_volatile=any(m.is_volatile for m in every),
        is_order_sensitive=any(m.is_order_sensitive for m in every),
    )


def _mentioned(text: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of the names that stand before a parenthesis, be it in a comment."""
    if not names:
        return ()
    words = {match.lower().strip('"') for match in _CALL.findall(text)}
    return tuple(name for name in names if name in words)


_CALL = re.compile(r'("[^"]+"|[A-Za-z_]\w*)\s*\(')


def _refused(macro: MacroDefinition, problem: BindProblem, others: Iterable[str]) -> Diagnostic:
    """Return DuckDB's refusal, at the place that it means."""
    message, fix = refusal(problem)
    if "Table with name" in problem.message:
        message = _READS.format(macro.name, problem.message.split('"')[1])
        fix = _INSTEAD
    elif callee := next((name for name in others if f"name {name} does" in problem.message), None):
        message, fix = f"{macro.name} calls {callee}, which is broken", "mend that one"
    named = macro.text.lower().find(macro.name)  # the definition's span is that of its name
    rows = macro.text.count("\n", named, problem.offset)
    begins = macro.text.rfind("\n", 0, problem.offset) + 1
    column = problem.offset - (begins if rows else named - macro.span.column + 1) + 1
    place = Span(file=macro.file, line=macro.span.line + rows, column=column, length=1)
    found = _finding(macro, message, fix)
    return replace(found, span=place, excerpt=macro.text[begins:].split("\n")[0])


def _finding(macro: MacroDefinition, message: str, fix: str) -> Diagnostic:
    return Diagnostic(
        code="E210",
        message=message,
        span=macro.span,
        excerpt=macro.text.split("\n")[0],
        fix=fix,
    )
