"""What is set aside: its last version stays readable, and every command says what is the matter."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
from tests.golden.answers import answer

import freshline
from freshline.errors import UsageError
from freshline.notebook import Project

FILES = {
    "freshline.yaml": "project: air\n",
    "sources/raw.yaml": (
        "sources:\n"
        "  raw.flights:\n    path: data/flights.csv\n"
        "  raw.planes:\n    path: data/planes.csv\n"
    ),
    "data/flights.csv": "carrier,delay\nAA,3\nBB,5\n",
    "data/planes.csv": "plane\nX\n",
    "assets/staging/flights.sql": "SELECT carrier, delay FROM raw.flights\n",
    "assets/staging/planes.sql": "SELECT plane FROM raw.planes\n",
    "assets/marts/late.sql": "/*---\nkind: view\n---*/\nFROM staging.flights WHERE delay > 4\n",
    "assets/marts/daily.sql": "SELECT count(*) AS n FROM staging.flights\n",
    "assets/marts/fleet.sql": "SELECT count(*) AS n FROM staging.planes\n",
}
BUILT = {
    *("staging.flights", "staging.planes", "marts.late", "marts.daily", "marts.fleet"),
}


def write(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    for name, text in FILES.items():
        write(tmp_path, name, text)
    with freshline.open(tmp_path) as project:
        assert project.apply().succeeded
        yield project


def views(root: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the rows of every view by its name, as any client of the file sees them."""
    with duckdb.connect(str(root / "views.duckdb"), read_only=True) as connection:
        named = connection.execute(
            "SELECT schema_name || '.' || view_name FROM duckdb_views() WHERE NOT internal"
        ).fetchall()
        return {name: connection.execute(f"FROM {name}").fetchall() for (name,) in named}


BREAK = {
    "SQL that does not parse": ("assets/staging/flights.sql", "SELEC carrier\n"),
    "a column that is not there": ("assets/staging/flights.sql", "SELECT x FROM raw.flights\n"),
    "front matter that cannot be read": ("assets/staging/flights.sql", "/*---\nkind: [\n---*/\n"),
    "a source whose file is gone": ("data/flights.csv", ""),
    "a source whose definition is wrong": (
        "sources/raw.yaml",
        "sources:\n  raw.flights:\n    pth: x\n  raw.planes:\n    path: data/planes.csv\n",
    ),
}


@pytest.mark.parametrize(("name", "text"), BREAK.values(), ids=BREAK)
def test_readers_go_on_seeing_the_last_version(project: Project, name: str, text: str) -> None:
    root = project.root
    before = views(root)
    assert before.keys() == BUILT
    if name.startswith("data/"):
        (root / name).unlink()
    else:
        write(root, name, text)
    write(root, "data/planes.csv", "plane\nX\nY\n")  # something else to do
    assert not project.apply().succeeded
    assert views(root) == {**before, "staging.planes": [("X",), ("Y",)], "marts.fleet": [(2,)]}
    assert project.query("FROM marts.daily").fetchall() == [(2,)]
    assert project.query("SELECT f.delay FROM staging.flights f").fetchall() == [(3,), (5,)]
    assert project.query("FROM marts.late").fetchall() == [("BB", 5)]
    assert project.read("marts.late").fetchall() == [("BB", 5)]


def test_what_has_no_definition_any_more_is_no_view(project: Project) -> None:
    (project.root / "assets/marts/daily.sql").unlink()
    project.apply()
    assert views(project.root).keys() == BUILT - {"marts.daily"}


def test_a_view_that_cannot_be_read_any_more_harms_no_other(project: Project) -> None:
    write(project.root, "assets/staging/flights.sql", "SELECT carrier FROM raw.flights\n")
    assert not project.apply().succeeded  # marts.late asks for a column that has gone
    found = views(project.root)
    assert found.keys() == BUILT - {"marts.late"}
    assert found["staging.flights"] == [("AA",), ("BB",)]


def test_an_asset_that_was_never_built_says_that_it_is_set_aside(project: Project) -> None:
    write(project.root, "assets/marts/new.sql", "SELEC 1\n")
    with pytest.raises(UsageError, match=r"marts\.new is set aside \(E201\)"):
        project.query("FROM marts.new n")


def test_the_last_version_is_shown_by_every_command_that_reads(project: Project) -> None:
    root = project.root
    write(root, "assets/staging/flights.sql", "SELEC carrier\n")
    seen = answer(["preview", "staging.flights", "--format", "csv"], root)
    assert seen == ["carrier,delay", "AA,3", "BB,5"]
    assert answer(["history", "marts.daily", "--format", "csv"], root)[1].startswith("1,")
    shown = answer(["show", "marts.daily"], root)
    assert shown[:2] == ["marts.daily", "  set aside    with staging.flights"]
    assert shown[-1].split() == ["n", "bigint"]
    assert answer(["show", "marts.daily", "--sql"], root) == [
        "SELECT count(*) AS n FROM staging.flights"
    ]


@pytest.mark.parametrize(
    "selection",
    ["marts.daily", "assets/staging/flights.sql", "staging.flights+", "+marts.daily", "*.daily"],
)
def test_a_selection_may_name_what_is_set_aside(project: Project, selection: str) -> None:
    root = project.root
    write(root, "assets/staging/flights.sql", "SELEC carrier\n")
    said = answer(["plan", selection], root)
    reasons = {
        "staging.flights": "  x staging.flights  set aside: E202",
        "marts.daily": "  x marts.daily  set aside with staging.flights",
    }
    meant = "staging.flights" if selection.startswith("assets/") else "marts.daily"
    assert reasons[meant] in said
    assert not any("marts.fleet" in line for line in said)


def test_applying_what_is_set_aside_says_so(project: Project) -> None:
    root = project.root
    write(root, "assets/staging/flights.sql", "SELEC carrier\n")
    said = answer(["apply", "marts.daily"], root)
    assert said[-3:] == [
        "  x marts.daily  set aside with staging.flights",
        "nothing was done: 1 set aside",
        "[exit 1]",
    ]
    (done,) = answer(["apply", "marts.daily", "--json"], root)[-2:-1]
    assert '"outcome":"failed"' in done
    write(root, "data/planes.csv", "plane\nX\nY\n")
    ended = answer(["apply", "-q"], root)
    assert ended[-2].startswith("succeeded") and ", 3 set aside   run" in ended[-2]


def test_what_can_do_nothing_with_it_refuses(project: Project) -> None:
    root = project.root
    write(root, "assets/staging/flights.sql", "SELEC carrier\n")
    for command in ("check", "verify", "pause"):
        reason = ["--reason", "x"] if command == "pause" else []
        assert answer([command, "staging.flights", *reason], root) == [
            "F200 staging.flights is set aside (E202)",
            "  see `freshline validate`",
            "[exit 2]",
        ]


def test_a_source_that_is_set_aside_counts_for_no_asset(project: Project) -> None:
    (project.root / "data/flights.csv").unlink()
    assert answer(["plan"], project.root)[0] == "plan main   5 assets"
    write(project.root, "sources/raw.yaml", BREAK["a source whose definition is wrong"][1])
    assert answer(["plan"], project.root)[0] == "plan main   5 assets"
