"""What code said and how it failed, on a terminal: aligned, and the author's own frames first."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from freshline.cli.main import freshline
from freshline.cli.screen import Screen
from freshline.cli.tracing import excerpt_lines, trace_lines
from freshline.errors import CodeError, Span
from freshline.execute.run import Status
from freshline.execute.runner import Progress

ROOT = Path(__file__).parents[2]
RUN = "018bcfe5-687b-7000-8000-000000000001"
TRACE = """\
KeyError: 'region'
  assets/marts/models.py:9 in churn
    return rate(customers["region"])
  lib/rates.py:4 in rate
    return RATES[region]
further down, in packages:
  /venv/site-packages/pandas/core.py:8 in apply
    return self.op()"""
LINES: tuple[dict[str, object], ...] = (
    {"event": "run_started", "message": "apply by ada: 1 step", "environment": "main"},
    {"event": "step_started", "message": "started", "asset": "marts.churn"},
    {"event": "code_line", "message": "loading  two  blanks", "source": "stdout"},
    {"event": "code_line", "message": "few rows", "source": "log", "level": "warning"},
    {"event": "code_line", "message": "of no interest", "source": "log", "level": "debug"},
    {"event": "code_progress", "message": "fitting", "source": "progress", "done": 0.45},
    {
        "event": "step_ended",
        "message": "failed: F330 KeyError: 'region'",
        "level": "error",
        "asset": "marts.churn",
        "place": "lib/rates.py:4:1",
        "trace": TRACE,
    },
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return a project with the log of a run whose code failed."""
    ignored = shutil.ignore_patterns(".freshline", "*.duckdb")
    root = shutil.copytree(ROOT / "projects/quickstart", tmp_path / "shop", ignore=ignored)
    logs = root / ".freshline/logs"
    logs.mkdir(parents=True)
    told = [
        {
            "time": f"2024-01-01T10:00:0{number}.000Z",
            "level": "info",
            "run": RUN,
            **({"asset": "marts.churn"} if "source" in line else {}),
            **line,
        }
        for number, line in enumerate(LINES)
    ]
    text = "".join(json.dumps(line) + "\n" for line in told)
    (logs / f"{RUN}.jsonl").write_text(text, encoding="utf-8")
    return root


def ask(root: Path, *arguments: str) -> str:
    done = CliRunner().invoke(freshline, ["-p", str(root), "logs", *arguments])
    assert done.exit_code == 0, done.output
    return done.output


def test_lines_of_code_stand_behind_where_they_came_from(shop: Path) -> None:
    assert ask(shop).splitlines() == [
        "10:00:00.000  info     run_started           apply by ada: 1 step",
        "10:00:01.000  info     marts.churn           started",
        "10:00:02.000  info     marts.churn           stdout    loading  two  blanks",
        "10:00:03.000  warning  marts.churn           log       few rows",
        "10:00:04.000  debug    marts.churn           log       of no interest",
        "10:00:05.000  info     marts.churn           progress  "
        "[#########...........]  45%  fitting",
        "10:00:06.000  error    marts.churn           failed: F330 KeyError: 'region'",
        f"{'':23}lib/rates.py:4:1",
        *(f"{'':23}{line}" for line in TRACE.splitlines()),
    ]


WAYS = {
    "a run and a step": (RUN[:8], "marts.churn"),
    "a step of the last run": ("marts.churn",),
    "an option": ("--asset", "marts.churn"),
}


@pytest.mark.parametrize("arguments", WAYS.values(), ids=WAYS)
def test_one_step_is_asked_for_by(arguments: tuple[str, ...], shop: Path) -> None:
    found = ask(shop, *arguments)
    assert "started" in found
    assert "apply by ada" not in found


def test_only_what_is_so_bad(shop: Path) -> None:
    found = ask(shop, "--level", "warning")
    assert ("few rows" in found, "loading" in found, "of no interest" in found) == (
        True,
        False,
        False,
    )


def test_two_steps_are_one_too_many(shop: Path) -> None:
    arguments = ["-p", str(shop), "logs", RUN, "marts.churn", "--asset", "marts.daily"]
    done = CliRunner().invoke(freshline, arguments, standalone_mode=False)
    assert "STEP and --asset are the same" in str(done.exception)


def test_an_excerpt_shows_where_the_authors_code_broke() -> None:
    assert excerpt_lines(TRACE, "all of it: logs") == [
        "\x1b[36mlib/rates.py:4\x1b[0m in rate",
        " 4 | return RATES[region]",
        "   | \x1b[31m^^^^^^^^^^^^^^^^^^^^\x1b[0m",
        "\x1b[2mall of it: logs\x1b[0m",
    ]


EXCERPTS = {
    "nothing of no trace": ("", 0),
    "only the way to the rest where no frame is the author's": ("E: x\nthe last it said", 1),
    "no rest where there is none": ("E: x\n  a.py:1 in f\n    g()", 3),
    "which error, where it is a cause": ("E: x\ncaused by F: y\n  a.py:1 in f\n    g()", 5),
}


@pytest.mark.parametrize(("text", "count"), EXCERPTS.values(), ids=EXCERPTS)
def test_an_excerpt_has(text: str, count: int) -> None:
    assert len(excerpt_lines(text, "more")) == count


def test_packages_frames_are_dimmed() -> None:
    lines = trace_lines(TRACE)
    assert [line.startswith("\x1b[2m") for line in lines] == [False] * 5 + [True] * 3


def test_an_apply_shows_the_excerpt_of_a_step_that_failed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = CodeError(
        "KeyError: 'region'",
        span=Span(file="lib/rates.py", line=4, column=1),
        trace=TRACE,
    )
    failed = Progress(asset="marts.churn", status=Status.FAILED, done=1, total=1, error=error)
    Screen(quiet=False).progress(failed)
    assert [line.strip() for line in capsys.readouterr().err.splitlines()] == [
        "1/1 failed      marts.churn",
        "F330 KeyError: 'region'",
        "lib/rates.py:4 in rate",
        "4 | return RATES[region]",
        "| ^^^^^^^^^^^^^^^^^^^^",
        "all of it: `freshline logs marts.churn`",
    ]
