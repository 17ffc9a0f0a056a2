"""The reference says what the code says, and every command has an example that can be typed."""

import re
import shlex
from pathlib import Path

import click
import pytest
from docs.generate.commands import EXAMPLES as SHOWN
from docs.generate.reference import PAGES, REFERENCE

from freshline.cli.main import TABLE, freshline
from freshline.codes import CODES
from freshline.events import KINDS

DOCS = Path(__file__).parents[2] / "docs"
COMMANDS = [name for entries in TABLE.values() for name in entries]
EXAMPLES = [line for examples in SHOWN.values() for line in examples]
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_what_the_code_says(name: str) -> None:
    path = REFERENCE / name
    written = path.read_text(encoding="utf-8") if path.exists() else ""
    if written != PAGES[name]():
        pytest.fail(f"{name} is out of date: run `python -m docs.generate` and read the difference")


def test_the_folder_holds_no_other_page() -> None:
    assert {path.name for path in REFERENCE.iterdir()} == set(PAGES)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_has_an_example(name: str) -> None:
    assert any(shlex.split(line)[:2] == ["freshline", name] for line in EXAMPLES)


@pytest.mark.parametrize("line", EXAMPLES)
def test_an_example_can_be_typed(line: str) -> None:
    program, *words = shlex.split(line)
    assert program == "freshline"
    command: click.Command | None = freshline
    while isinstance(command, click.Group) and words:
        command = command.get_command(click.Context(command), words.pop(0))
    assert command is not None
    command.make_context(line, words)


def test_every_code_and_every_event_is_there() -> None:
    codes = re.findall(r"^## ([EW]\d+):", PAGES["diagnostics.md"](), re.MULTILINE)
    assert codes == list(CODES)
    assert re.findall(r"^## (\w+)$", PAGES["events.md"](), re.MULTILINE) == list(KINDS)


@pytest.mark.parametrize(
    "page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.relative_to(DOCS).as_posix()
)
def test_a_link_leads_somewhere(page: Path) -> None:
    targets = _LINK.findall(page.read_text(encoding="utf-8"))
    local = [target for target in targets if ":" not in target]
    assert [target for target in local if not (page.parent / target).exists()] == []
