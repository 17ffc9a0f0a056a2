"""Laws of layouts: whatever columns are dropped, moved and renamed, with or without other edits and
new data, everybody reads what a build from nothing would give. What only has other columns is not
computed.
"""

import json
import random
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline.cli.main import freshline
from freshline.definitions import Column
from freshline.reconcile.layouts import by_name, words

# What each column is computed from: some of a type that is stored in another form, some opaque.
_MEANINGS = {
    "a": "id",
    "b": "sum(amount) OVER (PARTITION BY day)",
    "c": "upper(note)",
    "d": "CAST(amount AS DOUBLE) / 4",
    "e": "day",
    "f": "id",
}
_OTHERWISE = {"a": "id + 1", "c": "lower(note)", "e": "-day", "f": "amount"}
_NAMES = ("a", "b", "c", "d", "e", "f", "A", "total", "x y", "select", 'q"')


def _quoted(name: str) -> str:
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


def _project(root: Path) -> None:
    (root / "sources").mkdir()
    (root / "data").mkdir()
    (root / "freshline.yaml").write_text("project: laws\n")
    (root / "sources/raw.yaml").write_text("sources:\n  raw.t:\n    path: data/t.csv\n")
    rows = "".join(f"{i},{i * 7 % 20},n{i % 4},{i % 5}\n" for i in range(40))
    (root / "data/t.csv").write_text(f"id,amount,note,day\n{rows}")


def _texts(
    named: Mapping[str, str], kept: Sequence[str], meanings: Mapping[str, str] = _MEANINGS
) -> dict[str, str]:
    """Return the queries of a project; `named` are the columns by meaning, `kept` what is left."""
    listed = ", ".join(f"{meanings[key]} AS {_quoted(named[key])}" for key in kept)
    first, last = (_quoted(named[key]) for key in (kept[0], kept[-1]))
    return {
        "l.base": f"SELECT {listed} FROM raw.t",
        "l.copy": "SELECT * FROM l.base",
        "l.some": f"SELECT {first} AS one, count(*) AS n FROM l.base GROUP BY ALL",
        "l.both": f"SELECT {last}, {first} AS one FROM l.copy WHERE {first} IS NOT NULL",
        "l.least": f"SELECT {first} AS one FROM l.base ORDER BY ALL LIMIT 3",
    }


def _write(root: Path, texts: Mapping[str, str]) -> None:
    for key, text in texts.items():
        path = root / f"assets/{key.replace('.', '/')}.sql"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{text}\n")


def _said(root: Path, *command: str) -> str:
    done = CliRunner().invoke(freshline, ["-p", str(root), *command], standalone_mode=False)
    assert done.exception is None, (command, done.output)
    assert not done.return_value, (command, done.output)
    return done.stdout


def _from_nothing(root: Path, texts: Mapping[str, str]) -> dict[str, object]:
    with duckdb.connect() as fresh:
        fresh.execute("CREATE SCHEMA raw; CREATE SCHEMA l")
        fresh.execute(f"CREATE TABLE raw.t AS FROM read_csv('{root / 'data/t.csv'}')")
        for key, text in texts.items():
            fresh.execute(f"CREATE TABLE {key} AS {text}")
        return {key: _rows(fresh, key) for key in texts}


def _rows(connection: duckdb.DuckDBPyConnection, key: str) -> object:
    found = connection.execute(f"SELECT * FROM {key} ORDER BY ALL")
    return [(column[0], str(column[1])) for column in found.description or ()], found.fetchall()


def _published(root: Path, texts: Mapping[str, str]) -> dict[str, object]:
    with duckdb.connect(str(root / "views.duckdb"), read_only=True) as views:
        return {key: _rows(views, key) for key in texts}


def _kinds(root: Path, key: str) -> list[str]:
    return [v["kind"] for v in json.loads(_said(root, "history", key, "--json"))["versions"]]


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 10_000), is_pure=st.booleans())
def test_everybody_reads_what_a_build_from_nothing_gives(seed: int, is_pure: bool) -> None:
    meanings = dict(_MEANINGS)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        _project(root)
        kept = list(_MEANINGS)
        named = dict(zip(kept, kept, strict=True))
        texts = _texts(named, kept)
        _write(root, texts)
        _said(root, "apply", "-q")
        for _ in range(2):
            left = chance.sample(kept, chance.randint(max(1, len(kept) - 2), len(kept)))
            if chance.random() < 0.6:
                for key in chance.sample(left, chance.randint(1, len(left))):
                    taken = {named[other].lower() for other in left if other != key}
                    named[key] = next(
                        n for n in chance.sample(_NAMES, len(_NAMES)) if n.lower() not in taken
                    )
            kept = left
            if not is_pure and chance.random() < 0.5:
                meanings |= dict(chance.sample(sorted(_OTHERWISE.items()), 1))
            if not is_pure and chance.random() < 0.5:
                with (root / "data/t.csv").open("a") as data:
                    data.write(f"{chance.randint(100, 999)},3,n1,2\n")
            texts = _texts(named, kept, meanings)
            _write(root, texts)
            _said(root, "apply", "-q")
            assert _published(root, texts) == _from_nothing(root, texts), texts
            plan = json.loads(_said(root, "plan", "--json"))
            assert plan["steps"] == [], texts
        if is_pure:
            assert _kinds(root, "l.base").count("build") == 1, texts
            assert _kinds(root, "l.copy").count("build") == 1, texts
        _said(root, "verify")


@given(
    old=st.lists(st.sampled_from(_NAMES[:8]), min_size=1, unique_by=str.lower),
    new=st.lists(st.sampled_from(_NAMES[:8]), min_size=1, unique_by=str.lower),
)
def test_a_guess_takes_each_column_once_and_equal_names_for_equal(
    old: list[str], new: list[str]
) -> None:
    before, after = ([Column(name, "BIGINT") for name in names] for names in (old, new))
    found = by_name(before, after)
    if len(new) > len(old):
        assert found is None
        return
    assert found is not None
    assert [name for name, _ in found] == new
    assert len({was for _, was in found}) == len(new)
    assert all(was == name for name, was in found if name in old)
    assert words(found, old)


def test_a_column_of_another_type_is_another_column() -> None:
    assert by_name([Column("a", "BIGINT")], [Column("a", "VARCHAR")]) is None
