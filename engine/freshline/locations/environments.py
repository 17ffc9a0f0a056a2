"""Virtual environments that Freshline makes for locations with requirements.

An environment stands in .freshline/environments/DIGEST, the digest of what it was asked for, and
counts only with the mark that is put into it last: killed at any moment, there is a whole one or
none. A lock that the installer holds too keeps two from making the same one at once, even where one
of them was killed while its installer went on. Paths in the requirements are relative to the
project's root. The mark is touched at each use, so that those which
nobody uses any more can be told.
"""

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from freshline.code import Location
from freshline.codec import digest
from freshline.errors import CodeError, ResourceError, Span
from freshline.locations.lines import clean

FOLDER = "FRESHLINE_ENVIRONMENTS"
_MARK = "whole"
_INCLUDED = re.compile(r"^\s*(?:-r|--requirement|-c|--constraint)(?:\s+|=)(\S+)", re.MULTILINE)
# What is said where there is no pip, or one from before 22.3.
_CANNOT = ("No module named pip", "no such option: --python")
_ESSENTIAL = re.compile(r"(?i)error|no matching|conflict|not found|requires|depends|because|hint|╰")


def folder_of_environments(root: str) -> Path:
    """Return the folder in which a project's environments stand: FRESHLINE_ENVIRONMENTS if set.

    Several projects may share one, since what stands in it is named by what it holds.
    """
    return Path(os.environ.get(FOLDER) or Path(root, ".freshline", "environments"))


def outside_environment() -> dict[str, str]:
    """Return our process variables without those that bend another interpreter's own paths."""
    bending = ("PYTHONHOME", "PYTHONPATH", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")
    return {key: value for key, value in os.environ.items() if key not in bending}


def environment_of(location: Location, root: str, python: str, version: str) -> str:
    """Return the interpreter of the environment with a location's requirements; make it if need be.

    `python` makes it, `version` tells Pythons apart. CodeError where it cannot be made.
    """
    requirements = Path(root, location.requirements or "")
    try:
        texts = _texts(requirements)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CodeError(
            f"location {location.name}: {location.requirements} cannot be read: {why}",
            span=location.span,
        ) from None
    name = digest(*texts, version, sys.platform, os.uname().machine)
    folder = folder_of_environments(root) / name
    mark = folder / _MARK
    if not mark.exists():
        folder.parent.mkdir(parents=True, exist_ok=True)
        with _locked(folder.with_suffix(".lock")) as lock:
            if not mark.exists():
                _make(_Making(folder, python, location, root, lock))
                mark.touch()
    try:
        os.utime(mark)
    except OSError:
        pass  # a read-only project: then nobody removes it either
    return _python(folder)


def remove_unused(root: str, before: float) -> tuple[str, ...]:
    """Remove the environments that were last used before a moment; return their names.

    What is being made is left alone, and so is what was begun and not finished a moment ago.
    """
    removed: list[str] = []
    for folder in sorted(folder_of_environments(root).glob("*")):
        if not folder.is_dir() or _last_used(folder) >= before:
            continue
        try:
            with _locked(folder.with_suffix(".lock"), wait=False):
                (folder / _MARK).unlink(missing_ok=True)
                shutil.rmtree(folder)
                removed.append(folder.name)
        except BlockingIOError:
            continue
    return tuple(removed)


def _last_used(folder: Path) -> float:
    mark = folder / _MARK
    return (mark if mark.exists() else folder).stat().st_mtime


def _texts(requirements: Path) -> list[str]:
    """Return the text of a file of requirements and of those that it includes."""
    found: dict[Path, str] = {}
    waiting = [requirements]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found[path] = path.read_text(encoding="utf-8")
        waiting += [
            path.parent / name for name in _INCLUDED.findall(found[path]) if "://" not in name
        ]
    return list(found.values())


@contextmanager
def _locked(path: Path, *, wait: bool = True) -> Generator[int]:
    """Hold a lock that ends with the last process that has it; BlockingIOError without `wait`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        yield descriptor
    finally:
        os.close(descriptor)


class _Making(NamedTuple):
    """An environment to be made: where, by which Python, of what, under which lock."""

    folder: Path
    python: str
    location: Location
    root: str
    lock: int

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program in the project's root, which holds the lock as long as it runs."""
        try:
            return subprocess.run(
                arguments,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                text=True,
                errors="replace",
                env=outside_environment() | {"UV_PYTHON_DOWNLOADS": "never"},
                cwd=self.root,
                pass_fds=[self.lock],
            )
        except OSError as error:
            raise ResourceError(f"{arguments[0]} cannot be run: {error.strerror}") from error


def _make(making: _Making) -> None:
    """Make an environment at its place: by uv where it is, by venv and pip where it is not.

    Where uv cannot, pip is asked too: it reads settings that uv does not, such as pip.conf.
    """
    what = f"{making.location.requirements} for location {making.location.name}"
    print(f"installing {what}: once, until it changes", file=sys.stderr, flush=True)
    uv = _uv()
    if uv is not None and _made_by_uv(uv, making):
        return
    _clear(making.folder)
    made = making.run(making.python, "-m", "venv", "--without-pip", str(making.folder))
    if made.returncode != 0:
        raise _failed(making, f"{making.python} -m venv", made.stdout)
    done = _installed_by_pip(making)
    if done.returncode != 0:
        _clear(making.folder)
        raise _failed(making, "pip", done.stdout)


def _installed_by_pip(making: _Making) -> subprocess.CompletedProcess[str]:
    """Install by the pip that makes it; by one put into it, which takes seconds, if that cannot."""
    install = ["install", "--no-input", "--disable-pip-version-check", "--quiet"]
    install += ["-r", making.location.requirements or ""]
    inside = _python(making.folder)
    done = making.run(making.python, "-m", "pip", "--python", inside, *install)
    if done.returncode == 0 or not any(word in done.stdout for word in _CANNOT):
        return done
    put = making.run(inside, "-m", "ensurepip", "--default-pip")
    return put if put.returncode != 0 else making.run(inside, "-m", "pip", *install)


def _made_by_uv(uv: str, making: _Making) -> bool:
    _clear(making.folder)
    made = making.run(uv, "venv", "--quiet", "--python", making.python, str(making.folder))
    if made.returncode != 0:
        return False
    install = [uv, "pip", "install", "--quiet", "--python", _python(making.folder)]
    return making.run(*install, "-r", making.location.requirements or "").returncode == 0


def _python(folder: Path) -> str:
    return str(folder / "bin" / "python")


def _clear(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)


def _uv() -> str | None:
    """Return the path of uv: beside our own interpreter, or on the PATH."""
    beside = Path(sys.executable).with_name("uv")
    return str(beside) if beside.is_file() else shutil.which("uv")


def _failed(making: _Making, what: str, output: str) -> CodeError:
    """Return the error of an installer, with those of its lines that say why."""
    lines = [clean(line.strip()) for line in output.splitlines() if line.strip()]
    essential = [line for line in lines if _ESSENTIAL.search(line)] or lines or ["no word of why"]
    location = making.location
    return CodeError(
        f"location {location.name}: {location.requirements} cannot be installed:"
        f" {essential[-1].removeprefix('ERROR: ')}",
        help=f"{what} said so; mend the file, or name an environment of your own in `python:`",
        span=_wanted_at(making, essential[-1]) or location.span,
        trace="\n".join(lines[-60:]),
    )


def _wanted_at(making: _Making, why: str) -> Span | None:
    """Return the line of the requirements that an installer's complaint quotes."""
    file = making.location.requirements or ""
    for number, line in enumerate(Path(making.root, file).read_text().splitlines(), 1):
        wanted = line.partition("#")[0].strip()
        if wanted and re.search(rf"(?<![\w.-]){re.escape(wanted)}(?![\w.-])", why):
            return Span(file=file, line=number, column=1, length=len(wanted))
    return None
