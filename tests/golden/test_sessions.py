"""Whole sessions at the command line, as people would have them, held word for word.

A session is a file of commands and what they answer. `$ freshline ...` runs the command in a copy
of projects/quickstart; `$ edit FILE: old => new`, `$ write FILE: text` and `$ remove FILE` change
the project, `$ show FILE` shows a file of it, `$ damage KEY` and `$ damage-record KEY` flip a byte
of the newest file of an asset; after `$ columns N` commands run on a terminal of that width.
Behind the answer stands `[exit N]` where N is not 0. Run with
FRESHLINE_UPDATE=1 to write what is answered now into the files, and read the difference.
"""

import os
import shlex
import shutil
from pathlib import Path

import pytest
from tests.golden.answers import answer, without_chance
from tests.golden.terminal import answer_on_terminal

_HERE = Path(__file__).parent
_PROJECT = _HERE.parent.parent / "projects/quickstart"
_SESSIONS = sorted((_HERE / "sessions").glob("*.session"))


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
    columns: int | None = None
    for line in text.splitlines():
        if line.startswith("$ columns "):
            columns = int(line.removeprefix("$ columns "))
            lines.append(line)
        elif columns is not None and line.startswith("$ freshline "):
            words = shlex.split(line.removeprefix("$ freshline "))
            lines += [line, *without_chance(answer_on_terminal(words, root, columns))]
        elif line.startswith("#") or (not line and not (lines and lines[-1] == "")):
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
        case "show":
            shown = (root / rest).read_text(encoding="utf-8").splitlines()
            return [f"    {line}" for line in shown]  # a comment of the file is none of ours
        case "remove":
            (root / rest).unlink()
        case "damage":
            newest = max(_files(root, f"data/{rest}"), key=os.path.getmtime)
            _spoil(newest, newest.stat().st_size // 2)
        case "damage-record":
            record, name = max(_files(root, f"env/main/{rest}")), b'"publish_id": "'
            _spoil(record, record.read_bytes().index(name) + len(name))  # JSON all the same
        case "freshline":
            return without_chance(answer(shlex.split(rest), root))
        case _:
            raise ValueError(f"a session cannot {verb!r}")
    return []


def _files(root: Path, folder: str) -> list[Path]:
    return [path for path in (root / ".freshline/lake" / folder).rglob("*") if path.is_file()]


def _spoil(path: Path, place: int) -> None:
    data = bytearray(path.read_bytes())
    data[place] ^= 0x01
    path.write_bytes(data)
