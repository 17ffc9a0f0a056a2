"""All pages of the reference: the same sources give the same page on every machine.

Each is a function of the schemas, the commands, the codes or the events, and of nothing else.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from docs.generate.api import api
from docs.generate.commands import commands
from docs.generate.diagnostics import diagnostics
from docs.generate.events import events
from docs.generate.keys import keys

REFERENCE = Path(__file__).resolve().parents[1] / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "keys.md": keys,
    "commands.md": commands,
    "diagnostics.md": diagnostics,
    "events.md": events,
    "api.md": api,
}


def write() -> None:
    """Write all pages."""
    REFERENCE.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        (REFERENCE / name).write_text(page(), encoding="utf-8")
