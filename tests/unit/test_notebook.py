"""`freshline.open`: a project read, asked, planned and built from Python."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest

import freshline
from freshline.cli.compose import event_log
from freshline.errors import BusyError, FreshlineError, UsageError
from freshline.notebook import Project
from freshline.ports import Holder, Lease

QUICKSTART = Path(__file__).parents[2] / "projects/quickstart"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns(".freshline", "*.duckdb")
    shutil.copytree(QUICKSTART, tmp_path / "shop", ignore=ignored)
    return tmp_path / "shop"


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    with freshline.open(folder) as project:
        yield project


def write(folder: Path, sql: str) -> None:
    (folder / "assets/marts/daily.sql").write_text(sql, encoding="utf-8")


def test_a_project_is_built_read_and_asked(project: Project) -> None:
    assert project.plan().steps == ("staging.orders", "marts.customers", "marts.daily")
    done = project.apply()
    assert done.succeeded and set(done.status.values()) == {"built"}
    assert project.plan().steps == ()
    assert set(project.status().verdicts.values()) == {"fresh"}
    daily = project.read("marts.daily")
    assert isinstance(daily, duckdb.DuckDBPyRelation)
    ((rows,),) = project.query("SELECT count(*) FROM marts.daily").fetchall()
    assert rows == len(daily.fetchall()) > 0


def test_a_source_is_read_before_anything_is_built(project: Project) -> None:
    assert "raw.orders" in project.sources
    assert project.read("raw.orders").limit(1).fetchall() != []
    with pytest.raises(UsageError, match=r"marts\.daily has no rows to read"):
        project.read("marts.daily")


def test_a_relation_keeps_the_version_it_was_made_of(project: Project, folder: Path) -> None:
    project.apply()
    before = project.read("marts.daily")
    columns, rows = before.columns, len(before)
    write(folder, "SELECT * FROM staging.orders WHERE false")
    assert project.apply("marts.daily").succeeded
    assert (before.columns, len(before.fetchall())) == (columns, rows)
    assert project.read("marts.daily").fetchall() == []


def test_what_was_edited_in_between_counts(project: Project, folder: Path) -> None:
    project.apply()
    write(folder, "SELEC 1")
    assert [problem.code for problem in project.problems] == ["E201"]
    assert project.status()["marts.daily"] == "set aside"
    assert not project.apply().succeeded


def test_results_read_as_the_command_line_writes_them(project: Project) -> None:
    assert "+ marts.daily" in repr(project.plan())
    assert "missing" in repr(project.status())
    assert "built" in repr(project.apply())
    assert repr(project.apply()) == "nothing is stale: 3 fresh"
    assert "\x1b" not in repr(project.plan()) + repr(project.status())
    assert "environment main" in repr(project)


def alone(folder: Path) -> Lease:
    log = event_log(folder)
    name = "apply:main"
    return log.acquire(Holder(name=name, actor="eve", host="here", pid=1, since=0, purpose="gc"))


def test_it_waits_for_who_has_the_environment_alone_and_says_so(
    project: Project,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    lease = alone(folder)

    def released(seconds: float) -> None:
        lease.release()

    monkeypatch.setattr("freshline.execute.in_line.time", SimpleNamespace(sleep=released))
    assert project.apply().succeeded
    assert capsys.readouterr().err.startswith("waiting: ")


def test_without_waiting_it_is_refused(project: Project, folder: Path) -> None:
    lease = alone(folder)
    with pytest.raises(BusyError):
        project.apply(wait=False)
    lease.release()
    assert project.apply(wait=False).succeeded


def test_an_asset_that_fails_is_in_the_result(project: Project, folder: Path) -> None:
    write(folder, "SELECT error('no') AS broken FROM staging.orders")
    done = project.apply()
    assert (done.succeeded, done.status["marts.daily"]) == (False, "failed")
    assert isinstance(done.errors["marts.daily"], FreshlineError)
    assert "marts.daily failed:" in repr(done)


def test_a_closed_project_says_so(folder: Path) -> None:
    project = freshline.open(folder)
    relation = project.read("raw.orders")
    project.close()
    project.close()
    with pytest.raises(UsageError, match="this project is closed"):
        project.plan()
    with pytest.raises(duckdb.Error):
        relation.fetchall()
    assert "(closed)" in repr(project)


MISTAKES: Mapping[str, tuple[Callable[[Project], object], str]] = {
    "reading": (lambda project: project.read("marts.dayly"), "there is no asset"),
    "changing": (lambda project: project.query("DROP TABLE x"), "a query is one SELECT"),
    "asking": (lambda project: project.query("SELECT * FROM marts.dayly"), "there is no asset"),
    "planning": (lambda project: project.plan("marts.dayly"), r"marts\.dayly"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(project: Project, mistake: str) -> None:
    ask, said = MISTAKES[mistake]
    with pytest.raises(FreshlineError, match=said):
        ask(project)


def test_what_is_no_project_or_environment_is_told(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(UsageError, match=r"no freshline\.yaml"):
        freshline.open(tmp_path)
    with pytest.raises(UsageError, match='no environment "prod"'):
        freshline.open(folder, "prod")


def test_no_other_name_is_made_up() -> None:
    with pytest.raises(AttributeError):
        getattr(freshline, "close")  # noqa: B009 - the name is not there, says the type checker
