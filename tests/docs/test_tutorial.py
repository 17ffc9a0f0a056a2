"""The tutorial works: its files are written, its commands are run, and they answer what it shows.

So does each how-to that is told as a session. With FRESHLINE_UPDATE=1 what is answered now is
written into them; read the difference.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.golden.answers import answer, without_chance

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "docs/tutorial.md",
    ROOT / "docs/howto/bad-month.md",
    ROOT / "docs/howto/code.md",
    ROOT / "docs/howto/two-versions.md",
    ROOT / "docs/howto/views-and-macros.md",
    ROOT / "docs/howto/what-breaks.md",
]
_BLOCK = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`:\n\n)?^```(?P<kind>\w+)\n(?P<body>.*?)^```$", re.M | re.S
)
_BIN = Path(sys.executable).parent  # where `freshline` is, once the environment is activated
_PROGRESS = re.compile(r" +\d+(/\d+ .*)")


class Block(NamedTuple):
    """A block of the page: the file it is about, if any, what it is, and where its body stands."""

    file: str | None
    kind: str
    body: str
    start: int
    end: int


def blocks(page: str) -> list[Block]:
    return [
        Block(found["file"], found["kind"], found["body"], found.start("body"), found.end("body"))
        for found in _BLOCK.finditer(page)
    ]


def played(page: str, clone: Path) -> str:
    """Do what a page says in a clone; return the page with what is answered now."""
    folder, told, done = clone, [""], 0
    for block in blocks(page):
        match block.kind, block.file:
            case "sh", None:
                folder = _prepared(block.body, clone)
            case "console", None:
                told += [page[done : block.start], *_answered(block.body, folder)]
                done = block.end
            case "diff", str(file):
                _edit(folder / file, block.body)
            case "yaml" | "sql" | "csv" | "python", str(file):
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).write_text(block.body, encoding="utf-8")
            case "yaml" | "text", None:
                pass  # shown, not played
            case kind, _:
                raise ValueError(f"a tutorial has no use for a block of {kind}: {block.body}")
    return "".join([*told, page[done:]])


def _prepared(script: str, clone: Path) -> Path:
    """Run a script, but for the environment, which is this one; return the folder it ends in."""
    lines = [line for line in script.splitlines() if not line.startswith(". ")]
    found = subprocess.run(
        ["sh", "-e", "-c", "\n".join([*lines, "pwd"])],
        cwd=clone,
        env={**os.environ, "PATH": os.pathsep.join([str(_BIN), os.environ.get("PATH", "")])},
        capture_output=True,
        text=True,
        check=True,
    )
    return Path(found.stdout.splitlines()[-1])


def _edit(path: Path, change: str) -> None:
    lines = change.splitlines(keepends=True)
    old = "".join(line[1:] for line in lines if line[0] in "- ")
    new = "".join(line[1:] for line in lines if line[0] in "+ ")
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1, f"{path.name} has not one {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def _answered(body: str, folder: Path) -> Iterator[str]:
    """Yield commands with their answers, word for word as shown where only chance differs."""
    for part in re.split(r"^(?=\$ )", body, flags=re.M)[1:]:
        command, *shown = part.splitlines()
        program, *arguments = shlex.split(command.removeprefix("$ "))
        assert program == "freshline", command
        said = answer(arguments, folder)
        same = settled(said) == settled(shown)
        yield from (f"{line}\n" for line in (command, *(shown if same else said)))


def settled(lines: Iterable[str]) -> list[str]:
    """Return lines without what chance decides: steps that run together end in any order."""
    known = without_chance(lines)
    steps = sorted(found[1] for line in known if (found := _PROGRESS.fullmatch(line)))
    return [*(line for line in known if not _PROGRESS.fullmatch(line)), *steps]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_goes_as_it_is_written(page: Path, tmp_path: Path) -> None:
    (tmp_path / "projects").symlink_to(ROOT / "projects")
    written = page.read_text(encoding="utf-8")
    said = played(written, tmp_path)
    assert "This is a bug in Freshline" not in said
    if os.environ.get("FRESHLINE_UPDATE"):
        page.write_text(said, encoding="utf-8")
    assert said == written


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_something_everywhere(page: Path) -> None:
    found = blocks(page.read_text(encoding="utf-8"))
    empty = [b.body for b in found if b.kind == "console" and b.body.count("\n") < 2]
    assert found and not empty
