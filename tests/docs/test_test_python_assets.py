"""What the how-to about tests of Python assets shows is what pytest says of its project."""

import re
from pathlib import Path

import pytest
from tests.unit.plugged import run, write

PAGE = Path(__file__).parents[2] / "docs/howto/test-python-assets.md"
_FILE = re.compile(r"^`([^`\n]+)`:\n\n```\w+\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_SESSION = re.compile(r"^    \$ pytest (.*)\n((?:    .*\n)+)", re.MULTILINE)
_TIME = re.compile(r" in [\d.]+s")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return the project of the page."""
    write(tmp_path, dict(_FILE.findall(PAGE.read_text(encoding="utf-8"))))
    return tmp_path


def shown() -> list[tuple[list[str], list[str]]]:
    """Return the words behind `pytest` of each session, and the lines of its answer."""
    found = _SESSION.findall(PAGE.read_text(encoding="utf-8"))
    return [(words.split(), [line[4:] for line in text.splitlines()]) for words, text in found]


def test_the_project_of_the_page_passes_its_tests_as_shown(project: Path) -> None:
    words, lines = shown()[0]
    done = run(project, *words)
    assert _TIME.sub("", done.stdout).splitlines() == lines, done.stdout


def test_a_wrong_expectation_is_told_as_shown(project: Path) -> None:
    words, lines = shown()[1]
    file = project / "tests/late.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("late: 0.5}", "late: 0.4}"), encoding="utf-8")
    done = run(project, *words)
    assert "\n".join(lines) in done.stdout
