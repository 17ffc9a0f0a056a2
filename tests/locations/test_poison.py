"""Code that ends its process again and again is refused, until it is other code."""

from pathlib import Path

from tests.locations.trying import HASTY, Project

from freshline.errors import CodeError, WorkerLostError
from freshline.locations.workers import LocationWorkers

DEADLY = "os._exit(7)"


def test_code_that_died_three_times_in_a_row_is_refused(project: Project) -> None:
    project.asset(DEADLY)

    outcomes = [project.call() for _ in range(4)]

    assert [type(outcome.error) for outcome in outcomes] == [*[WorkerLostError] * 3, CodeError]
    assert [outcome.error is not None and outcome.error.retryable for outcome in outcomes] == [
        *[True] * 3,
        False,
    ]
    last = outcomes[-1].error
    assert last is not None
    assert "ended its process 3 times in a row" in last.message
    assert "exit code 7" in last.message
    assert ".freshline/poison.json" in last.help


def test_another_supervisor_knows_it_too(project: Project, tmp_path: Path) -> None:
    project.asset(DEADLY)
    for _ in range(3):
        project.call()
    other = LocationWorkers(HASTY)
    try:
        outcome = Project(tmp_path, other).call()
    finally:
        other.close()

    assert "times in a row" in outcome.message


def test_an_edit_gives_it_another_chance(project: Project) -> None:
    project.asset(DEADLY)
    for _ in range(3):
        project.call()
    project.asset("return [{'a': 1}]")

    assert project.call().error is None


def test_what_lives_in_between_starts_the_count_anew(project: Project) -> None:
    project.asset("os._exit(7) if os.path.exists('deadly') else None\nreturn [{'a': 1}]")
    switch = project.root / "deadly"

    for _ in range(3):
        switch.touch()
        project.call()
        project.call()
        switch.unlink()
        assert project.call().error is None


def test_an_exception_is_no_death(project: Project) -> None:
    project.asset("raise ValueError('no')")

    assert {project.call().message for _ in range(5)} == {"ValueError: no"}
