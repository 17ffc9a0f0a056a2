"""Whole sessions at the command line, as people would have them, held word for word.

A session is a file of commands and what they answer. `$ freshline ...` runs the command in a copy
of projects/quickstart; `$ edit FILE: old => new`, `$ write FILE: text` and `$ remove FILE` change
the project, `$ damage KEY` and `$ damage-record KEY` flip a byte of its newest file. Behind the
answer stands `[exit N]` where N is not 0. Run with FRESHLINE_UPDATE=1 to write what is answered now
into the files, and read the difference.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).parent
_PROJECT = _HERE.parent.parent / "projects/quickstart"
_SESSIONS = sorted((_HERE / "sessions").glob("*.session"))
_CHANGING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f-]+"), "<id>"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{3,4}\b"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"), "<time>"),
    (re.compile(r"\d+\.\d+ s\b"), "<seconds>"),
    (re.compile(r"Python \d\S+"), "Python <version>"),
    (re.compile(r"(duckdb +)\d\S+"), r"\1<version>"),
    (re.compile(r"\d+ GB free"), "<free>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<digest>"),
    (re.compile(r"\bplan [0-9a-f]{12}\b"), "plan <plan>"),
)


@pytest.mark.parametrize("path", _SESSIONS, ids=lambda path: path.stem)
def test_a_session_goes_as_it_is_written(path: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    shutil.copytree(
        _PROJECT, tmp_path / "shop", ignore=shutil.ignore_patterns(".freshline", "*.duckdb")
    )
    said = "\n".join(_played(written, tmp_path / "shop")) + "\n"
    if os.environ.get("FRESHLINE_UPDATE"):
        path.write_text(said, encoding="utf-8")
    assert said == written


def _played(text: str, root: Path) -> list[str]:
    lines: list[str] = []
    for line in text.splitlines():
        if line.startswith("#") or (not line and not (lines and lines[-1] == "")):
            lines.append(line)
        elif line.startswith("$ "):
            lines += [line, *_answer(line[2:], root)]
    return [line for i, line in enumerate(lines) if line or i + 1 < len(lines)]


def _answer(command: str, root: Path) -> list[str]:
    verb, _, rest = command.partition(" ")
    file, _, change = rest.partition(": ")
    match verb:
        case "edit":
            old, new = (part.replace("\\n", "\n") for part in change.split(" => "))
            text = (root / file).read_text(encoding="utf-8")
            assert old in text, f"{file} has no {old!r}"
            (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
        case "write":
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(change.replace("\\n", "\n") + "\n", encoding="utf-8")
        case "remove":
            (root / rest).unlink()
        case "damage":
            _spoil(max(_files(root, f"data/{rest}"), key=os.path.getmtime))
        case "damage-record":
            _spoil(max(_files(root, f"env/main/{rest}")))
        case "freshline":
            return _run(shlex.split(rest), root)
        case _:
            raise ValueError(f"a session cannot {verb!r}")
    return []


def _files(root: Path, folder: str) -> list[Path]:
    return [path for path in (root / ".freshline/lake" / folder).rglob("*") if path.is_file()]


def _spoil(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)


def _run(arguments: list[str], root: Path) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-m", "freshline", *arguments],
        cwd=root,
        env={**os.environ, "NO_COLOR": "1", "USER": "ada", "LOGNAME": "ada", "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
    text = done.stdout.replace(str(root.resolve()), "<root>").rstrip("\n")
    for pattern, instead in _CHANGING:
        text = pattern.sub(instead, text)
    lines = [line.rstrip() for line in text.split("\n")] if text else []
    return [*lines, f"[exit {done.returncode}]"] if done.returncode else lines
