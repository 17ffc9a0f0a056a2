"""Which interpreter runs a location's code, what is installed there, and what to do without."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest
from tests.locations.trying import Project

from freshline.code import Location
from freshline.errors import CodeError, Span
from freshline.locations.environments import FOLDER, folder_of_environments, remove_unused
from freshline.locations.interpreters import interpreter, locked

OWN = f"{sys.version_info.major}.{sys.version_info.minor}"


def others() -> dict[str, str]:
    """Return other interpreters of this machine by version, as far as they are on the PATH."""
    found: dict[str, str] = {}
    folders = [*os.get_exec_path(), *map(str, Path.home().glob(".pyenv/versions/*/bin"))]
    for folder in folders:
        for minor in range(9, 15):
            path = shutil.which(f"python3.{minor}", path=folder)
            if f"3.{minor}" != OWN and path is not None:
                done = subprocess.run([path, "-c", "print(1)"], capture_output=True, check=False)
                if done.returncode == 0:
                    found.setdefault(f"3.{minor}", path)
    return found


OTHERS = others()
TOO_OLD = sorted(Path.home().glob(".pyenv/versions/3.[678].*/bin/python3"))
needs_another = pytest.mark.skipif(not OTHERS, reason="there is no other Python on this machine")


@pytest.fixture(autouse=True)
def environments_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep each project's environments below it: here they are broken and changed."""
    monkeypatch.delenv(FOLDER, raising=False)


def wheel(folder: Path, name: str, version: str) -> None:
    """Write a wheel with one module that knows its version."""
    folder.mkdir(parents=True, exist_ok=True)
    about = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(folder / f"{name}-{version}-py3-none-any.whl", "w") as file:
        file.writestr(f"{name}.py", f"VERSION = {version!r}\n")
        file.writestr(
            f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        tag = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        file.writestr(f"{about}/WHEEL", tag)
        file.writestr(f"{about}/RECORD", f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n")


def requiring(root: Path, *wanted: str, name: str = "wants") -> Location:
    """Return a location with requirements, to be had from a folder of the project."""
    (root / f"{name}.txt").write_text("\n".join(["--no-index", "--find-links wheels", *wanted]))
    return Location(name="risk", requirements=f"{name}.txt")


def test_a_location_that_names_nothing_runs_with_our_own(tmp_path: Path) -> None:
    assert interpreter(Location(name="main"), str(tmp_path)) == sys.executable


def test_our_own_version_is_our_own_interpreter(tmp_path: Path) -> None:
    assert interpreter(Location(name="main", python=OWN), str(tmp_path)) == sys.executable


@needs_another
@pytest.mark.parametrize("version", list(OTHERS))
def test_code_runs_with_the_version_that_its_location_names(version: str, project: Project) -> None:
    project.asset("print('%d.%d' % sys.version_info[:2])\nreturn [{'a': 1}]")

    outcome = project.call(location=Location(name="risk", python=version))

    assert outcome.error is None, outcome.error
    assert outcome.texts == [version]


@needs_another
def test_an_interpreter_can_be_named_by_its_path(tmp_path: Path) -> None:
    path = next(iter(OTHERS.values()))

    assert interpreter(Location(name="risk", python=path), str(tmp_path)) == path


@pytest.mark.skipif(not TOO_OLD, reason="there is no Python before 3.9 on this machine")
def test_a_version_that_is_too_old_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeError, match=r"code needs 3\.9 or later"):
        interpreter(Location(name="risk", python=str(TOO_OLD[0])), str(tmp_path))


def test_an_environment_can_be_named_by_its_folder(tmp_path: Path) -> None:
    folder = Path(sys.executable).parent.parent
    (tmp_path / "venv").symlink_to(folder)

    found = interpreter(Location(name="risk", python="venv"), str(tmp_path))

    assert found == str(tmp_path / "venv/bin/python")


NONE = {
    "3.42": "there is no Python 3.42 on this machine",
    "nowhere/bin/python": "`python: nowhere/bin/python` is not there",
    "text.txt": "`python: text.txt` is neither a Python nor an environment of one",
}


@pytest.mark.parametrize("python", NONE)
def test_what_is_no_interpreter_is_refused_with_where_it_was_looked_for(
    python: str, tmp_path: Path
) -> None:
    (tmp_path / "text.txt").write_text("text")
    span = Span(file="freshline.yaml", line=3, column=5)

    with pytest.raises(CodeError) as caught:
        interpreter(Location(name="risk", python=python, span=span), str(tmp_path))

    assert caught.value.message == f"location risk: {NONE[python]}"
    assert "looked for" in caught.value.help
    assert caught.value.span == span


def test_an_environment_is_made_once_and_has_what_is_required(project: Project) -> None:
    wheel(project.root / "wheels", "tiny", "1.0")
    wheel(project.root / "wheels", "tiny", "2.0")
    old = requiring(project.root, "tiny==1.0", name="old")
    new = requiring(project.root, "tiny==2.0", name="new")
    project.asset("import tiny\nprint(tiny.VERSION)\nreturn [{'a': 1}]")

    assert project.call(location=old).texts == ["1.0"]
    assert project.call(location=new).texts == ["2.0"]

    folders = [
        path for path in folder_of_environments(str(project.root)).glob("*") if path.is_dir()
    ]
    assert len(folders) == 2
    root = str(project.root)
    assert locked(old, root) != locked(new, root)
    assert locked(old, root) == locked(old, root)
    # One that is used is kept, one that was not used for long goes, and is made anew.
    stayed = Path(interpreter(new, root)).parents[1]
    for folder in folders:
        os.utime(folder / "whole", (1, 1))
    interpreter(new, root)
    assert remove_unused(root, before=1_000.0) == tuple(
        folder.name for folder in folders if folder != stayed
    )
    assert stayed.is_dir()
    assert locked(new, root)


def test_requirements_that_cannot_be_met_are_refused_at_their_line(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tiny", "1.0")
    location = requiring(tmp_path, "# what we need", "tiny==7.0  # not there")

    with pytest.raises(CodeError) as caught:
        interpreter(location, str(tmp_path))

    assert caught.value.message.startswith("location risk: wants.txt cannot be installed: ")
    assert "tiny==7.0" in caught.value.message
    assert caught.value.span == Span(file="wants.txt", line=4, column=1, length=9)
    assert not any(path.is_dir() for path in folder_of_environments(str(tmp_path)).glob("*"))


def test_requirements_that_are_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CodeError, match=re.escape("lost.txt cannot be read: No such file")):
        interpreter(Location(name="risk", requirements="lost.txt"), str(tmp_path))


MAKE = """
import sys
from freshline.code import Location
from freshline.locations.interpreters import interpreter
print("began", flush=True)
print(interpreter(Location(name="risk", requirements="wants.txt"), sys.argv[1]), flush=True)
"""


def test_killed_at_any_moment_there_is_a_whole_environment_or_none(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tiny", "1.0")
    location = requiring(tmp_path, "tiny==1.0")
    with subprocess.Popen(
        [sys.executable, "-c", MAKE, str(tmp_path)], stdout=subprocess.PIPE
    ) as making:
        assert making.stdout is not None
        making.stdout.readline()
        while not list(folder_of_environments(str(tmp_path)).glob("*/pyvenv.cfg")):
            os.sched_yield()
        making.send_signal(signal.SIGKILL)

    assert not list(folder_of_environments(str(tmp_path)).glob("*/whole"))
    found = interpreter(location, str(tmp_path))
    done = subprocess.run(
        [found, "-c", "import tiny; print(tiny.VERSION)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1.0\n"


def test_two_at_once_make_one_environment(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tiny", "1.0")
    location = requiring(tmp_path, "tiny==1.0")
    found: list[str] = []

    def find() -> None:
        found.append(interpreter(location, str(tmp_path)))

    threads = [threading.Thread(target=find) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 3
    assert len(set(found)) == 1
    assert Path(found[0]).exists()


def test_an_installation_changes_the_lock(tmp_path: Path) -> None:
    wheel(tmp_path / "wheels", "tiny", "1.0")
    wheel(tmp_path / "wheels", "tiny", "2.0")
    python = interpreter(requiring(tmp_path, "tiny==1.0"), str(tmp_path))
    location = Location(name="risk", python=python)
    before = locked(location, str(tmp_path))
    pip = [sys.executable, "-m", "pip", "--python", python, "install", "-q", "--no-index"]
    subprocess.run([*pip, "--find-links", "wheels", "tiny==2.0"], check=True, cwd=tmp_path)

    assert locked(location, str(tmp_path)) != before
