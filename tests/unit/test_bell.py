"""The bell: what wakes who waits, what does not, and what becomes of them where nobody tells."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Generator
from contextlib import closing
from pathlib import Path

import pytest

from freshline import bell as room
from freshline.bell import LONGEST, UNTOLD, Bell, Watch

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
_ENOUGH = 1000  # waits of which at least one must have rung


@pytest.fixture
def bell() -> Generator[Bell]:
    """Return a bell."""
    with closing(Bell()) as made:
        yield made


@pytest.fixture
def watch(bell: Bell, tmp_path: Path) -> Generator[Watch]:
    """Return a watch over a folder that has a file and a folder, heard by the bell."""
    (tmp_path / "old").write_text("a")
    (tmp_path / "within").mkdir()
    with closing(Watch()) as made:
        assert made.over([tmp_path]) == made.is_told
        bell.hears(made)
        yield made


def rings(bell: Bell) -> bool:
    """Wait until it rings; say whether it ever did."""
    return any(bell.wait(LONGEST) for _ in range(_ENOUGH))


def is_silent(bell: Bell) -> bool:
    """Say whether it does not ring though it is listened to more than once."""
    return not any(bell.wait(0.0) for _ in range(5))


MOVES: dict[str, Callable[[Path], object]] = {
    "a file is made": lambda folder: (folder / "new").touch(),
    "a file is written to": lambda folder: (folder / "old").open("a").close(),
    "a file goes": lambda folder: (folder / "old").unlink(),
    "a file gets another name": lambda folder: (folder / "old").rename(folder / "new"),
    "a file is put in the place of another": lambda folder: _replaced(folder),
    "a file has another time": lambda folder: os.utime(folder / "old", (1, 1)),
    "a folder is made": lambda folder: (folder / "another").mkdir(),
}


def _replaced(folder: Path) -> None:
    (folder / "within/old").write_text("b")
    os.replace(folder / "within/old", folder / "old")


@linux
@pytest.mark.parametrize("move", MOVES.values(), ids=MOVES.keys())
def test_who_waits_is_woken_when(
    move: Callable[[Path], object], bell: Bell, watch: Watch, tmp_path: Path
) -> None:
    assert is_silent(bell) and not watch.moved()
    move(tmp_path)
    assert rings(bell) and watch.moved()
    assert is_silent(bell) and not watch.moved()


@linux
def test_what_moves_in_a_folder_within_is_not_told_before_that_is_watched_too(
    bell: Bell, watch: Watch, tmp_path: Path
) -> None:
    (tmp_path / "within/deep").touch()
    assert is_silent(bell)
    assert watch.over([tmp_path, tmp_path / "within"])
    assert not watch.over([tmp_path, tmp_path / "within"])
    (tmp_path / "within/deeper").touch()
    assert rings(bell) and watch.moved()


@linux
def test_a_folder_that_is_watched_no_more_is_silent(
    bell: Bell, watch: Watch, tmp_path: Path
) -> None:
    watch.over([tmp_path / "within"])
    watch.moved()
    assert is_silent(bell)
    (tmp_path / "new").touch()
    assert is_silent(bell) and not watch.moved()


@linux
def test_a_folder_that_took_the_place_of_another_is_watched(
    bell: Bell, watch: Watch, tmp_path: Path
) -> None:
    folders = [tmp_path, tmp_path / "within"]
    assert watch.over(folders)
    (tmp_path / "within").rmdir()
    (tmp_path / "within").mkdir()
    assert watch.over(folders)
    watch.moved()
    (tmp_path / "within/deep").touch()
    assert rings(bell) and watch.moved()


@linux
def test_a_folder_that_is_not_there_yet_is_no_reason_to_look_all_the_time(
    watch: Watch, tmp_path: Path
) -> None:
    watch.over([tmp_path, tmp_path / "nowhere"])
    assert watch.is_told


def test_more_folders_than_there_is_room_for_are_looked_at_by_whoever_waits(
    watch: Watch, tmp_path: Path
) -> None:
    watch.over(tmp_path / str(number) for number in range(5000))
    assert not watch.is_told


@linux
def test_the_end_of_a_process_rings_once(bell: Bell) -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    bell.at_the_end_of(process.pid)
    assert is_silent(bell)
    process.communicate(b"\n")
    assert rings(bell) and is_silent(bell)
    bell.at_the_end_of(process.pid)  # it is gone, and waited for
    assert rings(bell) and is_silent(bell)


def test_another_thread_wakes_who_waits(bell: Bell) -> None:
    thread = threading.Thread(target=bell.ring)
    thread.start()
    assert rings(bell)
    thread.join()
    assert is_silent(bell)


def test_who_rings_first_is_heard_by_who_waits_later(bell: Bell) -> None:
    for _ in range(100_000):  # more than there is room for
        bell.ring()
    assert bell.wait(LONGEST)


def test_nobody_is_hurt_by_ringing_a_bell_that_is_gone() -> None:
    gone = Bell()
    gone.close()
    gone.close()
    gone.ring()


def waits(bell: Bell, monkeypatch: pytest.MonkeyPatch, count: int) -> list[float]:
    """Return how long each of so many waits would have been."""
    found: list[float] = []

    def waited(self: Bell, seconds: float) -> bool:
        found.append(seconds)
        return len(found) == 1

    monkeypatch.setattr(Bell, "_waited", waited)
    for _ in range(count):
        bell.wait(60.0)
    return found


def test_after_a_ring_it_is_looked_soon_and_then_ever_more_seldom(
    bell: Bell, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = waits(bell, monkeypatch, 20)[1:]
    longest = LONGEST if watch.is_told else UNTOLD
    assert found[0] < 0.01 and found == sorted(found) and found[-5:] == [longest] * 5


def test_where_the_system_does_not_tell_it_is_looked_every_so_often(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_library", lambda: None)
    with closing(Bell()) as bell, closing(Watch()) as watch:
        assert not watch.over([tmp_path]) and not watch.is_told
        bell.hears(watch)
        (tmp_path / "new").touch()
        assert is_silent(bell) and not watch.moved()
        assert waits(bell, monkeypatch, 20)[-1] == UNTOLD


def test_on_other_systems_threads_wake_who_waits_and_the_rest_is_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    with closing(Bell()) as bell, closing(Watch()) as watch:
        assert not watch.over([tmp_path])
        bell.hears(watch)
        bell.at_the_end_of(os.getpid())
        assert is_silent(bell)
        bell.ring()
        assert bell.wait(LONGEST) and is_silent(bell)
        assert waits(bell, monkeypatch, 20)[-1] == UNTOLD
