"""Publishing to a lake by real processes: killed at every failpoint, at any moment, and racing."""

import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from freshline.ports import Resolution
from freshline.testing.attempts import TARGET, Attempts, query
from freshline.testing.compute import DuckDBCompute
from freshline_adapters.lake import Lake

CHILD = Path(__file__).with_name("lake_child.py")
FAILPOINTS = (
    "stage.open",
    "stage.after_write",
    "seal.before",
    "seal.after_fsync",
    "seal.after",
    "publish.before",
    "publish.torn_manifest",
    "publish.after_write",
    "publish.after_create",
    "publish.after",
    "abort.before",
    "abort.after",
)
PUBLISHED_BEHIND = ("publish.after_create", "publish.after")


def start(*arguments: object, failpoints: str = "") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, str(CHILD), *map(str, arguments)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "FRESHLINE_FAILPOINTS": failpoints},
    )


@dataclass(frozen=True, slots=True)
class Said:
    """What a child said before it died: the attempts it began and the versions it acknowledged."""

    begun: tuple[str, ...]
    published: tuple[int, ...]


def said(lines: list[str]) -> Said:
    words = [line.split() for line in lines]
    return Said(
        begun=tuple(word[1] for word in words if word[0] == "begun"),
        published=tuple(int(word[1]) for word in words if word[0] == "published"),
    )


def killed_at(root: Path, failpoint: str, passing: int) -> Said:
    """Return what a child said that died by its own hand at the n-th passing of a failpoint."""
    with start("publish", root, failpoints=f"{failpoint}=kill@{passing}") as child:
        output, _ = child.communicate(timeout=60)
    assert child.returncode == -signal.SIGKILL
    return said(output.splitlines())


def killed_after(root: Path, versions: int, seconds: float) -> Said:
    """Return what a child said that was killed some moments after it had published versions."""
    lines: list[str] = []
    with start("publish", root) as child:
        assert child.stdout is not None
        while len(said(lines).published) < versions:
            lines.append(child.stdout.readline())
            assert lines[-1], "the child ended by itself"
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=seconds)
        child.kill()
        lines += child.stdout.readlines()
    return said(lines)


@contextmanager
def reading(root: Path) -> Generator[list[int], None, None]:
    """Read the head without pause and assert that each read is one whole version.

    The numbers read are yielded, in order.
    """
    numbers: list[int] = []
    problems: list[BaseException] = []
    done = threading.Event()

    def read() -> None:
        lake, compute = Lake(root), DuckDBCompute()
        try:
            while not done.is_set():
                manifest = lake.current(TARGET)
                if manifest is None:
                    continue
                number, rows = manifest.version.number, manifest.version.rows
                found = compute.rows(
                    "SELECT count(*), min(version), max(version), sum(product) "
                    f"FROM {lake.relation(manifest.version)}"
                )
                assert rows == 50 + number % 7
                assert found == [(rows, number, number, number * rows * (rows - 1) // 2)]
                numbers.append(number)
        except BaseException as error:
            problems.append(error)
        finally:
            compute.close()

    thread = threading.Thread(target=read)
    thread.start()
    try:
        yield numbers
    finally:
        done.set()
        thread.join()
    if problems:
        raise problems[0]
    assert numbers == sorted(numbers), "a version that was seen went away again"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "lake"


@pytest.fixture
def compute() -> Iterator[DuckDBCompute]:
    engine = DuckDBCompute()
    yield engine
    engine.close()


def check(root: Path, compute: DuckDBCompute) -> int:
    """Assert that every version on record is whole, and return the head's number."""
    lake = Lake(root)
    numbers = lake.numbers(TARGET)
    assert numbers == tuple(range(1, len(numbers) + 1))
    for number in numbers:
        version = lake.manifest(TARGET, number).version
        assert lake.verify(version) == ()
        expected = compute.measure(f"({query(number, rows=50 + number % 7)})")
        assert compute.measure(lake.relation(version)) == expected
    return len(numbers)


def recover(root: Path, begun: tuple[str, ...]) -> None:
    """Clear away what attempts left behind, and assert that only published bytes remain."""
    lake = Lake(root)
    used = {
        file.path
        for number in lake.numbers(TARGET)
        for file in lake.manifest(TARGET, number).version.files
    }
    for mat_id in begun:
        outcome = lake.resolve(TARGET, mat_id)
        assert (outcome is Resolution.PUBLISHED) == any(mat_id in path for path in used)
        assert outcome is not Resolution.UNKNOWN
        lake.abort(TARGET, mat_id)
    assert {str(path.relative_to(root)) for path in root.glob("data/*/*")} == used
    names = [path.name for path in root.glob("env/main/marts.daily/*")]
    assert len(names) == len(lake.numbers(TARGET)), "a draft was left over"


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_kill_leaves_the_old_version_or_the_new_one(
    root: Path, compute: DuckDBCompute, failpoint: str
) -> None:
    # An iteration passes each failpoint of staging twice: in the publish and in the abort.
    passing = 3 if failpoint.startswith(("publish", "abort")) else 5
    with reading(root) as numbers:
        child = killed_at(root, failpoint, passing)
    head = check(root, compute)
    assert child.published == tuple(range(1, len(child.published) + 1))
    finished = 3 if failpoint.startswith("abort") else 2
    assert len(child.published) == finished
    assert head == (finished + 1 if failpoint in PUBLISHED_BEHIND else finished)
    assert not numbers or numbers[-1] <= head
    recover(root, child.begun)
    attempts = Attempts(storage=Lake(root), compute=compute)
    assert attempts.published(query(head + 1, rows=50 + (head + 1) % 7)).number == head + 1
    assert check(root, compute) == head + 1


def test_kills_at_any_moment_undo_nothing_that_was_acknowledged(
    root: Path, compute: DuckDBCompute
) -> None:
    moments = random.Random(20240229)
    head = 0
    begun: tuple[str, ...] = ()
    with reading(root) as numbers:
        for _ in range(25):
            child = killed_after(root, moments.randint(1, 4), moments.random() * 0.02)
            first, last = child.published[0], child.published[-1]
            assert first == head + 1
            head = len(Lake(root).numbers(TARGET))
            assert head in (last, last + 1)
            begun += child.begun
    assert numbers, "nothing was read meanwhile"
    assert check(root, compute) == head
    recover(root, begun)


def test_racing_processes_get_one_number_each(root: Path) -> None:
    children = [start("race", root, 20) for _ in range(6)]
    for child in children:
        assert child.stdout is not None and child.stdout.readline() == "ready\n"
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    outputs = [child.communicate(timeout=120)[0] for child in children]
    assert [child.returncode for child in children] == [0] * 6
    acknowledged = {
        int(number): mat_id
        for output in outputs
        for _, number, mat_id in map(str.split, output.splitlines())
    }
    assert sorted(acknowledged) == list(range(1, 121))
    lake = Lake(root)
    assert lake.numbers(TARGET) == tuple(range(1, 121))
    for number, mat_id in acknowledged.items():
        version = lake.manifest(TARGET, number).version
        assert version.mat_id == mat_id
        assert lake.verify(version) == ()
