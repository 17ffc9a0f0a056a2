"""Every command with wrong arguments: a sentence that helps, exit code 2, nothing done.

What is wrong is made from the table of commands, so a new command is tried by being there. The
sentences are held in `wrong_arguments.txt`, each once, with all that it answers. With
FRESHLINE_UPDATE=1 what is answered now is written there: read it aloud.
"""

import os
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest
from tests.golden.answers import without_chance

from freshline.cli.main import TABLE, freshline, main

_HERE = Path(__file__).parent
_QUICKSTART = _HERE.parent.parent / "projects/quickstart"
_SENTENCES = _HERE / "wrong_arguments.txt"
# What stands for a required argument of that name where something else is wrong.
_RIGHT = {"sql": "SELECT 1", "site": "site"}
_ANY = "marts.daily"
# What a command wants besides.
_NEEDED = {
    "pause": ("--reason", "tried out"),
    "mute": ("--reason", "tried out"),
    "schedule pause": ("--reason", "tried out"),
    "sensor pause": ("--reason", "tried out"),
    "rollback": ("--yes",),
}
_WRONG = {
    "selection": (
        *("marts.dayly", "raw.order", "tag:stagin", "tga:staging", "stat:stale", "state:stail"),
        *("nothing.of_it", "7", "marts.daily and", "not", "(marts.daily", "marts.daily)", "+"),
        *("marts/*", "Marts", ""),
    ),
    "asset": ("marts.dayly", "raw.order", "daily", "nothing.of_it", "7", "marts.*", "Marts", ""),
    "sql": ("", "marts.daily", "SELEC 1", "FROM marts.dayly", "SELECT nme FROM raw.customers"),
    "run": ("7", "01234567", ""),
    "name": ("plann", "7"),
    "folders": ("nowhere", "../sho", "../no_project", ""),
    "before": ("first", "0", "7"),
    "site": ("", ".", "assets", "freshline.yaml"),
}
_WRONG_VALUES = {"until": "whenever", "wait": "a while", "asset": "marts.dayly"}
# These do without a project, or say in their answer that there is none.
_ANYWHERE = {"init", "schema", "doctor", "catalog"}
# Groups that answer something when they are called alone.
_ALONE = {"token"}


class Case(NamedTuple):
    """Words of a command, and the words behind them, of which one at least is wrong."""

    words: tuple[str, ...]
    wrong: tuple[str, ...]


class Command(NamedTuple):
    """A command by the words that call it."""

    words: tuple[str, ...]
    found: click.Command

    def arguments(self) -> list[click.Argument]:
        return [each for each in self.found.params if isinstance(each, click.Argument)]

    def options(self) -> list[click.Option]:
        known = {option.name for option in freshline.params}
        options = [each for each in self.found.params if isinstance(each, click.Option)]
        return [option for option in options if option.name not in known]


def commands(group: click.Group, names: list[str], before: tuple[str, ...]) -> Iterator[Command]:
    for name in names:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield Command((*before, name), command)
        if isinstance(command, click.Group):
            inner = command.list_commands(click.Context(command))
            yield from commands(command, inner, (*before, name))


COMMANDS = [*commands(freshline, [name for group in TABLE.values() for name in group], ())]


def cases(command: Command) -> Iterator[Case]:
    """Yield calls that cannot be meant."""
    right = [_RIGHT.get(str(a.name), _ANY) for a in command.arguments() if a.required]
    needed = _NEEDED.get(" ".join(command.words), ())
    called = (*command.words, *right, *needed)
    yield Case(called, ("--nonsense",))
    for option in command.options():
        yield from (Case(called, words) for words in _wrong_option(option))
    if isinstance(command.found, click.Group):
        first = command.found.list_commands(click.Context(command.found))[0]
        yield from (Case(command.words, (word,)) for word in (first[:-1], "nonsense"))
        if command.words[-1] not in _ALONE:
            yield Case(command.words, ("-p", "."))
    elif all(argument.nargs == 1 for argument in command.arguments()):
        yield Case((*command.words, *(_ANY for _ in command.arguments())), ("once_more",))
    if right or needed:
        yield Case((*command.words, *right[:-1]), ())
    for place, argument in enumerate(command.arguments()):
        before = (*command.words, *needed, *right[:place])
        yield from (Case(before, (word,)) for word in _WRONG.get(str(argument.name), ()))
    if not _ANYWHERE & {*command.words}:
        yield Case(called, ("-p", "nowhere"))
        yield Case(called, ("-p", "../no_project"))
        yield Case(called, ("--env", "man"))
    yield Case(called, ("--env",))


def _wrong_option(option: click.Option) -> Iterator[tuple[str, ...]]:
    name = max(option.opts, key=len)
    if name.startswith("--"):
        yield (name[:-1],)
    if option.is_flag or option.count:
        return
    if not vars(option).get("_flag_needs_value"):
        yield (name,)
    if isinstance(option.type, click.IntRange | click.types.IntParamType):
        yield from ((name, word) for word in ("many", "-1", "1.5"))
    if isinstance(option.type, click.Choice):
        yield name, "tabel"
    if option.name in _WRONG_VALUES:
        yield name, _WRONG_VALUES[option.name]


def on_disk(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds, but for what is only remembered to be quick."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*")}
    return {
        name: path.read_bytes()
        for name, path in files.items()
        if path.is_file() and "/cache/" not in name and not name.endswith(("-wal", "-shm"))
    }


class Shop:
    """A project that is built, beside a folder that is none, and what a command says there."""

    def __init__(
        self, root: Path, capfd: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch
    ) -> None:
        ignored = shutil.ignore_patterns(".freshline", "*.duckdb")
        shutil.copytree(_QUICKSTART, root / "shop", ignore=ignored)
        (root / "no_project").mkdir()
        patch.chdir(root / "shop")
        patch.setenv("NO_COLOR", "1")
        patch.setenv("COLUMNS", "100")
        self.root, self._capfd, self._patch = root, capfd, patch
        assert self.answered("apply", "-q")[0] == 0

    def answered(self, *words: str) -> tuple[int, tuple[str, ...]]:
        """Call the command line; return its exit code and what it says but for how it is used."""
        self._patch.setattr(sys, "argv", ["freshline", *words])
        with pytest.raises(SystemExit) as left:
            main()
        said = self._capfd.readouterr()
        lines = (said.out + said.err).replace(str(self.root.resolve()), "<folder>").split("\n")
        if lines[0].startswith("Usage: "):
            lines = lines[lines.index("") + 1 :]
        while lines and not lines[-1].strip():
            lines.pop()
        return int(left.value.code or 0), tuple(without_chance(lines))


def test_wrong_arguments_are_answered_with_sentences(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = Shop(tmp_path, capfd, monkeypatch)
    before, codes = on_disk(tmp_path), dict[str, int]()
    told: dict[tuple[tuple[str, ...], tuple[str, ...]], list[str]] = {}
    for command in COMMANDS:
        for case in cases(command):
            code, lines = shop.answered(*case.words, *case.wrong)
            codes[shlex.join((*case.words, *case.wrong))] = code
            told.setdefault((case.wrong, lines), []).append(" ".join(command.words))
    found = "\n".join(
        "\n".join([f"$ {' | '.join(names)}: {shlex.join(wrong)}".rstrip(), *lines, ""])
        for (wrong, lines), names in told.items()
    )
    if os.environ.get("FRESHLINE_UPDATE"):
        _SENTENCES.write_text(found, encoding="utf-8")
    assert found == _SENTENCES.read_text(encoding="utf-8")
    assert {words: code for words, code in codes.items() if code != 2} == {}
    assert on_disk(tmp_path) == before


@pytest.mark.parametrize(
    "command",
    [command for command in COMMANDS if [str(a.name) for a in command.arguments()] == ["asset"]],
    ids=lambda command: "_".join(command.words),
)
def test_a_source_where_an_asset_is_wanted_is_shown_or_refused(
    command: Command,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shop = Shop(tmp_path, capfd, monkeypatch)
    before = on_disk(tmp_path)
    code, lines = shop.answered(*command.words, "raw.orders")
    assert on_disk(tmp_path) == before
    assert code == 0 or (code, "raw.orders is a source" in lines[0]) == (2, True)
