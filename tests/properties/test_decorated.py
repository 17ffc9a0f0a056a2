"""What a decorator was given comes back as nodes, each at the words of the source that gave it."""

import ast
import json
from collections.abc import Iterator
from typing import cast

from hypothesis import example, given
from hypothesis import strategies as st

from freshline.calls import FunctionKind, Raised, ToldFile, ToldFunction, ToldOutput
from freshline.declare import source
from freshline.declare.about import Scope
from freshline.declare.interpolation import Values
from freshline.declare.python.nodes import composed
from freshline.declare.python.places import PythonSource
from freshline.declare.python.told import declare_python_file
from freshline.declare.python.version import Surroundings
from freshline.declare.report import Report
from freshline.declare.section import data
from freshline.declare.text import source_text

FILE = "assets/a/b.py"
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=12)
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


def settings_of(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, object]]:
    values: st.SearchStrategy[object] = PLAIN
    return st.dictionaries(names, values, max_size=5)


NAMES = st.from_regex(r"[a-z][a-z_]{0,5}", fullmatch=True).filter(lambda name: not name.isspace())
SETTINGS = settings_of(NAMES.map(lambda name: f"k_{name}"))


def literal(value: object, draw: st.DrawFn) -> str:
    """Return a value as somebody might write it: on one line or several, with spaces anywhere."""
    gap = draw(st.sampled_from(["", " ", "\n    ", "  # ä é\n  "]))
    match value:
        case dict():
            parts = [
                f"{literal(name, draw)}: {literal(inner, draw)}"
                for name, inner in cast("dict[str, object]", value).items()
            ]
            return f"{{{gap}{f',{gap}'.join(parts)}}}"
        case list():
            items = [literal(item, draw) for item in cast("list[object]", value)]
            return f"[{gap}{f',{gap}'.join(items)}]"
        case str():
            return draw(st.sampled_from([repr(value), json.dumps(value, ensure_ascii=False)]))
        case _:
            return repr(value)


@st.composite
def decorated(draw: st.DrawFn) -> tuple[dict[str, object], str]:
    settings = draw(SETTINGS)
    words = [f"{name}={literal(value, draw)}" for name, value in settings.items()]
    before = draw(st.sampled_from(["", "# ä\n", "'''é\nü'''\n", "x = 1\n\n"]))
    gap = draw(st.sampled_from(["", "\n    "]))
    call = f"@asset({gap}{f',{gap} '.join(words)})"
    return settings, f"from freshline import asset\n{before}{call}\ndef made(a): ...\n"


def scalars(node: source.Node) -> Iterator[source.Scalar]:
    match node:
        case source.Mapping(entries=entries):
            for entry in entries:
                yield entry.key
                yield from scalars(entry.value)
        case source.Sequence(items=items):
            for item in items:
                yield from scalars(item)
        case source.Scalar():
            yield node


@given(decorated())
def test_settings_are_told_again_each_at_its_own_words(
    given: tuple[dict[str, object], str],
) -> None:
    settings, text = given
    report = Report(source_text(FILE, text))
    python = PythonSource(report.text)
    place = python.function("made", text[: text.index("@asset")].count("\n") + 1)
    assert text[place.name.start : place.name.end] == "made"
    node = composed(python, settings, place.call, place.decorator)
    assert data(report, source.Entry(source.Scalar(0, 0, ""), node)) == settings
    assert not report.failed
    for entry in node.entries:
        assert text[entry.key.start : entry.key.end] == entry.key.text
        for scalar in scalars(entry.value):
            spelled: object = ast.literal_eval(text[scalar.start : scalar.end])
            read = data(report, source.Entry(scalar, scalar))
            assert (spelled, type(spelled)) == (read, type(read))


KEYS = st.sampled_from(["a.b", "A b", "", "main", "a.b.c.d", "x" * 300])
ANYTHING = settings_of(
    st.sampled_from(
        (
            *("owner", "tags", "columns", "checks", "retries", "config", "limits", "resources"),
            *("kind", "isolation", "was", "links", "primary_key", "lifecycle", "no_key", "meta"),
        )
    )
)


@st.composite
def functions(draw: st.DrawFn) -> ToldFunction:
    kind = draw(st.sampled_from([FunctionKind.ASSET, FunctionKind.MULTI_ASSET, FunctionKind.CHECK]))
    outputs = st.builds(
        ToldOutput,
        name=st.sampled_from(["x", "y", "not a name"]),
        key=st.none() | KEYS,
        settings=ANYTHING,
    )
    return ToldFunction(
        kind=kind,
        name=draw(st.sampled_from(["made", "other", "Upper"])),
        line=draw(st.integers(0, 9)),
        end=draw(st.integers(0, 9)),
        key=draw(st.none() | KEYS),
        of=draw(st.none() | KEYS),
        settings=draw(ANYTHING),
        outputs=tuple(draw(st.lists(outputs, max_size=2))),
    )


@given(st.lists(functions(), max_size=3), decorated(), st.sampled_from(["", "(", "é = [\n", "\f"]))
@example([], ({}, "\ufeff@asset\n"), "\ud800")
def test_whatever_is_told_makes_findings_and_never_fails(
    told: list[ToldFunction], given: tuple[dict[str, object], str], more: str
) -> None:
    text = given[1] + more
    scope = Scope(values=Values(variables={}))
    for error in (None, Raised(type="ValueError", message="x")):
        file = ToldFile(file=FILE, functions=tuple(told), error=error)
        declared = declare_python_file(FILE, text, file, scope, {}, Surroundings())
        keys = {asset.key for asset in declared.assets}
        assert keys.isdisjoint(declared.broken)
        assert error is None or declared.assets == ()
        lines = text.removeprefix("\ufeff").split("\n")
        for each in declared.diagnostics:
            assert each.span is not None
            assert 1 <= each.span.line <= len(lines)
            assert each.span.column <= len(lines[each.span.line - 1]) + 1
