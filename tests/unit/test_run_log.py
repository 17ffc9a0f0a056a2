"""The log of a run: a line for each thing that happened, whole whatever becomes of the disk."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.unit.facts import ENVIRONMENT, Tale

from freshline.calls import Line
from freshline.definitions import CheckKind, CheckSeverity
from freshline.errors import CodeError, ComputeError, Span
from freshline.events import CheckResult, Outcome
from freshline.execute.run import Status
from freshline.execute.run_log import KEPT, RunLog, forget_old
from freshline.execute.runner import Progress, RunReport
from freshline.reconcile.plan import make_plan
from freshline.reconcile.planned import Wish
from freshline.testing.clock import VirtualClock


def lines(path: Path) -> list[Mapping[str, object]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def tell(log: RunLog) -> None:
    """Tell a log of a run: one step that is put off, fails a check and then the run."""
    tale = Tale({"a": (), "b": ("a",)})
    facts = tale.facts()
    log.began(make_plan(facts, Wish()), facts, "ada", "freshline apply")
    log.progress(Progress(asset="a", status=Status.RUNNING, done=0, total=2), "a.sql:1:1")
    error = ComputeError("division by zero", help="look", span=Span(file="a.sql", line=3, column=7))
    put_off = Progress(
        asset="a",
        status=Status.RETRYING,
        done=0,
        total=2,
        seconds=61.5,
        note="retry 1 of 2 in 5 s",
        error=error,
        wait=5.0,
    )
    log.progress(put_off, "a.sql:1:1")
    check = CheckResult(
        name="unique_id",
        kind=CheckKind.UNIQUE,
        severity=CheckSeverity.BLOCK,
        check="c",
        contents=("d",),
        failing=2,
    )
    ended = Progress(
        asset="a",
        status=Status.FAILED,
        done=2,
        total=2,
        seconds=61.5,
        error=ComputeError("it fails"),
        checks=(check,),
        attempt=2,
    )
    log.progress(ended, "a.sql:1:1")
    log.progress(Progress(asset="b", status=Status.SKIPPED, done=2, total=2), "b.sql:1:1")
    status = {"a": Status.FAILED, "b": Status.SKIPPED}
    log.ended(RunReport(run="r1", outcome=Outcome.FAILED, status=status))
    log.close()


def test_each_thing_that_happens_is_a_line_with_its_fields(tmp_path: Path) -> None:
    tell(RunLog(tmp_path / "logs", "r1", VirtualClock()))
    found = lines(tmp_path / "logs/r1.jsonl")
    assert [(line["event"], line["level"]) for line in found] == [
        ("run_started", "info"),
        ("step_started", "info"),
        ("step_retried", "warning"),
        ("step_ended", "error"),
        ("check_failed", "error"),
        ("step_slow", "warning"),
        ("step_ended", "warning"),
        ("run_finished", "error"),
    ]
    assert all(line["run"] == "r1" and str(line["time"]).endswith("Z") for line in found)
    assert found[0]["environment"] == ENVIRONMENT
    assert {name: value for name, value in found[2].items() if name != "time"} == {
        "level": "warning",
        "event": "step_retried",
        "run": "r1",
        "message": "retry 1 of 2 in 5 s: F300 division by zero",
        "asset": "a",
        "status": "retrying",
        "attempt": 1,
        "seconds": 61.5,
        "wait": 5.0,
        "code": "F300",
        "error": "division by zero",
        "help": "look",
        "place": "a.sql:3:7",
    }
    assert (found[3]["place"], found[3]["attempt"]) == ("a.sql:1:1", 2)
    assert found[4]["message"] == "check unique_id: 2 failing rows"


def test_a_line_is_on_disk_before_the_next_thing_happens(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "r1", VirtualClock())
    log.progress(Progress(asset="a", status=Status.RUNNING, done=0, total=1), "a.sql:1:1")
    assert [line["event"] for line in lines(tmp_path / "r1.jsonl")] == ["step_started"]
    log.close()


def test_every_text_passes_through_the_redaction(tmp_path: Path) -> None:
    def redact(text: str) -> str:
        return text.replace("zero", "***")

    tell(RunLog(tmp_path, "r1", VirtualClock(), redact))
    assert "zero" not in (tmp_path / "r1.jsonl").read_text(encoding="utf-8")


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    tell(RunLog(None, "r1", VirtualClock()))
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file is in the way", encoding="utf-8")
    tell(RunLog(tmp_path / "logs", "r1", VirtualClock()))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_ends_the_log_and_nothing_else(tmp_path: Path) -> None:
    os.symlink("/dev/full", tmp_path / "r1.jsonl")
    tell(RunLog(tmp_path, "r1", VirtualClock()))


def test_the_newest_logs_are_kept(tmp_path: Path) -> None:
    for number in range(KEPT + 5):
        (tmp_path / f"{number:04}.jsonl").touch()
    (tmp_path / "notes.txt").touch()
    RunLog(tmp_path, "9999", VirtualClock()).close()
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert len(kept) == KEPT + 1
    assert kept[0] == "0006.jsonl" and kept[-2:] == ["9999.jsonl", "notes.txt"]
    forget_old(tmp_path, 1)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["9999.jsonl", "notes.txt"]


def said(tmp_path: Path, *told: Line, most: int = 1_000_000) -> list[Mapping[str, object]]:
    """Return the lines of a log of which the code of one step said this."""
    log = RunLog(tmp_path, "r1", VirtualClock(), most=most)
    for line in told:
        log.line("a", line)
    log.close()
    return lines(tmp_path / "r1.jsonl")


def test_what_code_says_is_a_line_with_its_own_time_and_source(tmp_path: Path) -> None:
    (found,) = said(tmp_path, Line(1_700_000_000.25, "WARNING", "few rows\n", "stderr"))
    assert found == {
        "time": "2023-11-14T22:13:20.250Z",
        "level": "warning",
        "event": "code_line",
        "run": "r1",
        "message": "few rows",
        "asset": "a",
        "source": "stderr",
    }


LEVELS = {
    "debug": "debug",
    "INFO": "info",
    "warn": "warning",
    "error": "error",
    "CRITICAL": "error",
    "NOTICE": "info",
}


@pytest.mark.parametrize(("level", "expected"), LEVELS.items())
def test_levels_of_code_are_ours(level: str, expected: str, tmp_path: Path) -> None:
    (found,) = said(tmp_path, Line(1.0, level, "x"))
    assert found["level"] == expected


SHOWN = {
    "colours are taken out": ("\x1b[31mred\x1b[0m", "red"),
    "a link of a terminal leaves its words": ("\x1b]8;;http://x\x07here\x1b]8;;\x07", "here"),
    "a title of a window is taken out": ("\x1b]0;title\x1b\\text", "text"),
    "what moves the cursor is taken out": ("\x1b[2J\x1b[Hgone", "gone"),
    "bars that go back to the start": ("10 %\r20 %", "10 % 20 %"),
    "tabs stay": ("a\tb", "a\tb"),
    "a lone escape is nothing": ("\x1b", ""),
}


@pytest.mark.parametrize(("text", "expected"), SHOWN.values(), ids=SHOWN)
def test_a_line_of_code_is_plain_text(text: str, expected: str, tmp_path: Path) -> None:
    (found,) = said(tmp_path, Line(1.0, "info", text, "stdout"))
    assert found["message"] == expected


def test_progress_is_written_where_it_is_other_than_before(tmp_path: Path) -> None:
    def bar(done: float, text: str = "loading") -> Line:
        return Line(1.0, "info", text, "progress", done)

    found = said(tmp_path, bar(0.1), bar(0.101), bar(0.1), bar(0.2), bar(0.2, "writing"), bar(7.0))
    assert [(line["event"], line["done"], line["message"]) for line in found] == [
        ("code_progress", 0.1, "loading"),
        ("code_progress", 0.2, "loading"),
        ("code_progress", 0.2, "writing"),
        ("code_progress", 1.0, "loading"),
    ]


def test_a_moment_that_cannot_be_is_now(tmp_path: Path) -> None:
    found = said(tmp_path, Line(1e30, "info", "x"), Line(float("nan"), "info", "y"))
    assert all(str(line["time"]).startswith("2023-11-14T22:13:20") for line in found)


def test_an_attempt_that_says_too_much_is_cut_off_once_and_the_next_may_speak(
    tmp_path: Path,
) -> None:
    log = RunLog(tmp_path, "r1", VirtualClock(), most=1000)
    running = Progress(asset="a", status=Status.RUNNING, done=0, total=1)
    log.progress(running, "a.py:1:1")
    for _ in range(20):
        log.line("a", Line(1.0, "info", "x" * 100))
    log.line("b", Line(1.0, "info", "another asset"))
    log.progress(running, "a.py:1:1")
    log.line("a", Line(1.0, "info", "again"))
    log.close()
    found = lines(tmp_path / "r1.jsonl")
    assert [line["event"] for line in found] == [
        "step_started",
        *["code_line"] * 4,
        "code_cut",
        "code_line",
        "step_started",
        "code_line",
    ]
    assert found[5]["level"] == "warning"


def test_the_trace_of_code_that_failed_is_kept_with_its_step(tmp_path: Path) -> None:
    log = RunLog(tmp_path, "r1", VirtualClock())
    error = CodeError("KeyError: 'x'", trace="KeyError: 'x'\n  assets/a.py:3 in a")
    ended = Progress(asset="a", status=Status.FAILED, done=1, total=1, error=error)
    log.progress(ended, "assets/a.py:1:1")
    log.close()
    (found,) = lines(tmp_path / "r1.jsonl")
    assert found["trace"] == "KeyError: 'x'\n  assets/a.py:3 in a"
