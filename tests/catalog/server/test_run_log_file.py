"""The log of a run: found safely, cut into pages without loss, and read however it is written."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from freshline_catalog.server.problems import AbsentError
from freshline_catalog.server.runs.log_file import (
    PAGE,
    Level,
    is_run,
    log_path,
    page_of,
    problems_in,
    read_line,
    tail_of,
    text_of,
)

RUN = "01a2034b-0000-7000-8000-000000000001"


def write(folder: Path, *lines: object, run: str = RUN) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{run}.jsonl"
    text = "".join(f"{json.dumps(line)}\n" for line in lines)
    path.write_text(text, encoding="utf-8")
    return path


def line(number: int, level: str = "info") -> dict[str, object]:
    return {"time": "2026-11-22T15:48:23.663Z", "level": level, "message": f"line {number}"}


NO_RUNS = [
    "",
    ".",
    "..",
    "../secret",
    "..%2fsecret",
    "/etc/passwd",
    "\\\\host\\share",
    f"{RUN}/../{RUN}",
    f"{RUN}\0",
    f"{RUN}\n",
    RUN.upper(),
    RUN[:-1],
    f"{RUN}0",
    f"{RUN}.jsonl",
    "\u0660" * 36,
    "a" * 10_000,
]


@pytest.mark.parametrize("text", NO_RUNS, ids=[ascii(text)[:30] for text in NO_RUNS])
def test_what_is_no_run_is_no_path(tmp_path: Path, text: str) -> None:
    (tmp_path / "secret.jsonl").write_text("{}")
    assert not is_run(text)
    assert log_path(tmp_path / "logs", text) is None
    with pytest.raises(AbsentError):
        page_of(tmp_path / "logs", text)


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("password\n")
    logs = tmp_path / "logs"
    logs.mkdir()
    (logs / f"{RUN}.jsonl").symlink_to(secret)
    assert log_path(logs, RUN) is None
    assert tail_of(logs, RUN, 10) == ()


def test_a_link_within_the_folder_is_not_followed_either(tmp_path: Path) -> None:
    other = RUN[:-1] + "2"
    write(tmp_path, line(1), run=other)
    (tmp_path / f"{RUN}.jsonl").symlink_to(tmp_path / f"{other}.jsonl")
    assert log_path(tmp_path, RUN) is None


def test_a_folder_or_a_pipe_is_no_log(tmp_path: Path) -> None:
    (tmp_path / f"{RUN}.jsonl").mkdir()
    assert log_path(tmp_path, RUN) is None
    os.mkfifo(tmp_path / f"{RUN[:-1]}2.jsonl")
    assert log_path(tmp_path, f"{RUN[:-1]}2") is None


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 3 * PAGE + 7))
def test_pages_add_up_to_the_log_forwards_and_backwards(
    tmp_path_factory: pytest.TempPathFactory, count: int
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    write(folder, *(line(number) for number in range(1, count + 1)))
    seen: list[int] = []
    start: int | None = 1
    last = 1
    while start is not None:
        page = page_of(folder, RUN, start=start)
        assert page.total == page.matching == count
        seen += [each.number for each in page.lines]
        last, start = start, page.after
    assert seen == list(range(1, count + 1))
    back: list[int] = []
    place: int | None = last
    while place is not None:
        page = page_of(folder, RUN, start=place)
        back = [each.number for each in page.lines] + back
        place = page.before
    assert back == seen


def test_a_level_shows_what_is_as_bad_and_worse(tmp_path: Path) -> None:
    write(tmp_path, line(1), line(2, "warning"), line(3, "error"), line(4, "info"))
    found = page_of(tmp_path, RUN, level=Level.WARNING)
    assert [each.number for each in found.lines] == [2, 3]
    assert (found.matching, found.total) == (2, 4)
    errors = page_of(tmp_path, RUN, level=Level.ERROR)
    assert [each.number for each in errors.lines] == [3]


def test_a_line_that_only_speaks_of_an_error_is_none(tmp_path: Path) -> None:
    write(tmp_path, {"level": "info", "message": 'it said "error"', "asset": "error"})
    assert page_of(tmp_path, RUN, level=Level.ERROR).lines == ()
    assert problems_in(tmp_path, RUN) == ()


def test_a_text_is_looked_for_as_it_is(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"message": "Division by ZERO"},
        {"message": "a", "asset": "marts.daily"},
        {"message": ".*"},
    )
    assert [e.number for e in page_of(tmp_path, RUN, text="zero").lines] == [1]
    assert [e.number for e in page_of(tmp_path, RUN, text="marts.daily").lines] == [2]
    assert [e.number for e in page_of(tmp_path, RUN, text=".*").lines] == [3]


def test_a_line_that_was_cut_by_a_kill_is_shown_as_it_is(tmp_path: Path) -> None:
    path = write(tmp_path, line(1))
    with path.open("ab") as file:
        file.write(b'{"time":"2026","level":"inf\xff')
    found = page_of(tmp_path, RUN).lines
    assert found[1].message.startswith('{"time":"2026","level":"inf')
    assert tail_of(tmp_path, RUN, 1)[0].number == 2


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_line(raw: bytes) -> None:
    assert read_line(3, raw).number == 3


def test_the_text_to_keep_has_one_line_for_each(tmp_path: Path) -> None:
    path = write(tmp_path, {"message": "one\nof two\r\n", "level": "error"}, line(2))
    with path.open("rb") as file:
        text = b"".join(text_of(file)).decode()
    assert len(text.splitlines()) == 2
