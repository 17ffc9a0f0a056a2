"""The broken project of the bench: every break is told, and leaving one out is noticed."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parent / "broken.py"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """Return a project of 90 assets, of which 30 are broken, and what validate says of it."""
    folder = tmp_path_factory.mktemp("broken")
    subprocess.run([sys.executable, str(SCRIPT), "write", "90", "30", str(folder)], check=True)
    command = (sys.executable, "-m", "freshline", "-p", str(folder), "validate", "--json")
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    return folder, json.loads(done.stdout)


def check(folder: Path, report: dict[str, object]) -> tuple[int, str]:
    command = (sys.executable, str(SCRIPT), "check", str(folder))
    done = subprocess.run(
        command, input=json.dumps(report), stdout=subprocess.PIPE, text=True, check=False
    )
    return done.returncode, done.stdout


def test_every_break_is_told_in_one_run(report: tuple[Path, dict[str, object]]) -> None:
    folder, said = report
    breaks = json.loads((folder / "broken.json").read_text())
    assert len(breaks) == 30
    assert len(set(breaks.values())) == 9, "every way of breaking a file occurs"
    assert check(folder, said) == (0, "everything that is broken is told, and nothing else\n")


def test_a_break_that_is_left_out_is_noticed(report: tuple[Path, dict[str, object]]) -> None:
    folder, said = report
    problems = said["problems"]
    assert isinstance(problems, list)
    code, text = check(folder, {**said, "problems": problems[1:]})
    assert code == 1
    assert text.startswith("not told: ")


def test_what_is_told_of_something_whole_is_noticed(
    report: tuple[Path, dict[str, object]],
) -> None:
    folder, said = report
    problems = said["problems"]
    assert isinstance(problems, list)
    wrong = {"code": "E204", "message": "unknown column in layer_99.asset_99999"}
    code, text = check(folder, {**said, "problems": [*problems, wrong]})
    assert code == 1
    assert "told of something that is whole" in text
