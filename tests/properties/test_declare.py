"""Laws of declaring: places lead back, nothing crashes, DuckDB divides SQL as we do."""

from itertools import pairwise

import duckdb
from hypothesis import example, given, settings
from hypothesis import strategies as st

from freshline.codec import decode, encode
from freshline.declare.interpolation import Place, regions
from freshline.declare.project import (
    FileDeclared,
    assemble,
    declare_file,
    layers_of,
    read_settings,
)
from freshline.declare.report import Report
from freshline.declare.source import Mapping, Scalar, compose
from freshline.declare.text import source_text
from freshline.definitions import Edit, SqlText

SETTINGS = read_settings(
    "project: shop\nvars: {a: 1, b: [x], c: {type: date}}\nowners: {data: {}}\n"
)
PATHS = st.sampled_from(
    [
        "freshline.yaml",
        "assets/a/b.sql",
        "assets/a/b.yaml",
        "assets/_folder.yaml",
        "sources/a/_folder.yml",
        "macros/a/b.sql",
        "assets/a.csv",
        "assets/a b/C.sql",
        "assets/a.b.sql",
        "assets/a.py",
        "sources/a.yml",
        "sensors/a.yaml",
        "elsewhere.txt",
    ]
)
PIECES = st.sampled_from(
    (
        "key: a.b\n", "description: x", "tags: [a, b]", "columns:\n  id: bigint!\n",
        "sql: |\n  SELECT 1\n", "sql: >-\n  SELECT ${var.a}\n", "assets:\n", "  a.b:\n",
        "    sql: SELECT ${var.b}\n", "sources:\n", "  raw.x: {path: a.csv}\n", "/*---\n",
        "---*/\n", "*/", "/*", "${var.a}", "$${", "'", '"', "$$", "$t$", "--", "E'", "\n", "\t",
        "  ", "- ", "? ", ": ", "&a ", "*a", "*", "@x", "%", "{", "}", "[", "]", "(", ")", ",",
        "!!str ", "!x ", "|", ">", "#", "null", "true", "014", ".inf", "1e999", "meta:\n  a: 1\n",
        "links: https://x\n", "kind: view\n", "owner: dat\n", "\ufeff", "\r\n", "\0", "\x85",
        "\u2028", "é", "😀", "---\n", "<<: *a\n", "project: x\n", "vars: {a: 1}\n",
        "environments: {dev: {vars: {a: 2}}}\n", "read: {a: [1, {b: c}]}\n", "storage: w\n",
        "version: auto\n", "retries: {count: 2, delay: 5s}\n", "timeout: 1.5h\n", "timeout: 0s\n",
        "lifecycle: {stage: deprecated, sunset: 2027-01-31}\n", "retention: 7d\n", "checks: none\n",
        "checks:\n- rows: {min: '${var.a}'}\n", "checks:\n- {name: c, sql: 'FROM ${this}'}\n",
        "in: '${var.b}'", "${env.X}", "${env.NONE}", "${secret.a}", "path: s3://a/${secret.b}\n",
        "storages: {w: {adapter: lake, x: '${env.X}', y: '${secret.a}'}}\n", "defaults:\n",
        "environments:\n  dev:\n    strict: true\n    assets:\n      a.b:\n        ",
        "refresh: 15m\n", "refresh:\n  ", "cron: 0 6 * * *\n", "wake: [a.b]\n", "any: [", "not: ",
        "{cron: daily, timezone: UTC, calendar: work}", "calendars: {work: {exclude: weekends}}\n",
        "hours: mon-fri 8-18\n", "rate: 4 per day\n", "freshness: {fail: 2h, by: daily}\n",
        "inputs: {a.b: {trigger: false}}\n", "pool: w\n", "pools: {w: 2}\n", "schedules:\n",
        "  s: {cron: daily, select: a}\n", "sensors:\n", "  t:\n    when: ", "    do: ",
        "{asset: a.b, columns: [c]}\n", "{sql: 'SELECT ${var.a} FROM b'}\n", "{materialize: a}\n",
        "{webhook: 'https://a/${secret.b}'}\n", "{all: [{event: a}], within: 1h}\n",
        "CREATE MACRO f(a) AS a", "create or replace macro ", "g(x, y := 1)", " as ", ";", "f(",
    )
)  # fmt: skip
TEXT = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12
)
TOKENS = st.sampled_from(
    (
        "'a'", "''", "'", "E'a\\'y'", "e'", "\\", '"q"', '"', "$$", "$t$", "$t", "$", "--", "/*",
        "*/", "/", "*", "abc", "a$b", "_x", "7", "1.5e5", ",", "(", "é", "😀", " ", "\n",
    )
)  # fmt: skip


@given(
    original=st.text(alphabet="ab\n $😀", max_size=60),
    cuts=st.lists(st.tuples(st.integers(0, 60), st.integers(0, 6), st.text("xy\n", max_size=5))),
    line=st.integers(1, 9),
    indent=st.integers(0, 4),
)
def test_every_untouched_character_leads_back_to_itself(
    original: str, cuts: list[tuple[int, int, str]], line: int, indent: int
) -> None:
    edits: list[Edit] = []
    rendered: list[str] = []
    origin: list[int | None] = []
    position = 0
    for start, width, text in sorted(cuts):
        end = min(start + width, len(original))
        if start < position or start > len(original) or (edits and start == position):
            continue
        origin += range(position, start)
        origin += [None] * len(text)
        rendered += (original[position:start], text)
        edits.append(Edit(start, end, len(text)))
        position = end
    origin += range(position, len(original))
    rendered.append(original[position:])
    sql = SqlText(
        text="".join(rendered),
        original=original,
        file="a.sql",
        line=line,
        column=indent + 1,
        indent=indent,
        edits=tuple(edits),
    )
    for offset, source in enumerate(origin):
        if source is None:
            continue
        span = sql.span(offset)
        before = original[:source]
        assert span.line == line + before.count("\n")
        assert span.column == source - (before.rfind("\n") + 1) + 1 + indent
        if original[source] != "\n":
            assert sql.line_at(span)[span.column - 1] == original[source]


@given(path=PATHS, content=st.one_of(st.binary(max_size=80), st.lists(PIECES).map("".join)))
@example(path="assets/a.sql", content="\ud800")
@example(path="sensors/a.yaml", content="sensors:\n  t:\n    when: {sql: '${env.X}'}\n    do: {}\n")
@settings(max_examples=400)
def test_no_content_makes_declaring_fail(path: str, content: str | bytes) -> None:
    found = declare_file(path, content, SETTINGS, process={"X": "y"})
    assert decode(encode(found), FileDeclared) == found
    below = declare_file("assets/deep/x.sql", "SELECT 1", SETTINGS, folders=layers_of([found]))
    assert decode(encode(below), FileDeclared) == below
    assert len(below.assets) + len(below.broken) == 1
    own = read_settings(content, "freshline.yaml", {"X": "y"})
    for environment in (*own.project.environments, "none"):
        assemble(own.in_force(environment), [found, below])
    for diagnostic in found.diagnostics:
        span = diagnostic.span
        assert span is not None and span.file == path and diagnostic.message and diagnostic.fix
        assert min(span.line, span.column, span.length) >= 1
        assert len(diagnostic.excerpt) >= span.column - 1 or not diagnostic.excerpt
    keys = {asset.key for asset in found.assets} | {source.key for source in found.sources}
    assert not keys & set(found.broken)
    assert keys <= found.places.keys()


@given(st.lists(TOKENS, max_size=12).map("".join))
@settings(max_examples=400)
def test_sql_is_divided_where_duckdb_divides_it(text: str) -> None:
    data = text.encode()
    tokens = [(len(data[:at].decode()), kind) for at, kind in duckdb.tokenize(text)]
    strings = [at for at, kind in tokens if kind == duckdb.token_type.string_const]
    # DuckDB tells nothing behind a quote that never closes, and joins strings across a line end.
    last = max((at for at, _ in tokens), default=-1)
    quotes = (Place.STRING, Place.DOLLAR)
    ours = [region for region in regions(text) if region.place in quotes and region.start <= last]
    assert set(strings) <= {region.start for region in ours}
    for region, following in pairwise(ours):
        if following.start not in strings:
            assert not text[region.end : following.start].strip()
    if ours:
        assert ours[0].start in strings


@given(st.dictionaries(TEXT, TEXT, max_size=5))
def test_quoted_yaml_reads_back_with_every_value_in_its_place(values: dict[str, str]) -> None:
    def quoted(text: str) -> str:
        return "".join(f"\\U{ord(character):08x}" for character in text)

    text = "".join(f'"{quoted(key)}": "{quoted(value)}"\n' for key, value in values.items())
    report = Report(source_text("a.yaml", text))
    node = compose(report)
    assert report.diagnostics() == ()
    entries = node.entries if isinstance(node, Mapping) else ()
    found: dict[str, str] = {}
    for row, entry in enumerate(entries, start=1):
        assert isinstance(entry.value, Scalar)
        found[entry.key.text] = entry.value.text
        assert report.span(entry.value).line == row
    assert found == values
