"""The page of all scenarios, as a table that is printed from their files."""

from collections.abc import Sequence
from pathlib import Path

from tests.golden.scenarios_told import VARIANTS, Scenario

PAGE = Path(__file__).parents[2] / "docs/concepts/edits.md"
_WORDS = ("created", "built", "cut off", "republished", "checked", "failed", "skipped")
_NAMES = {"republished": "pointed"}
_WHOLE = {"cut": "cut off"}
_BESIDES = ("metadata:", "set aside:", "orphans:")
_UNTOLD = ("fresh:", "problem:", "error:", "blocked:", "failing:")
_HEAD = """\
# What an edit rebuilds, case by case

One small project: two sources, `stg.orders` and `stg.customers`, `int.enriched` that joins them,
and nine assets that read one of these. Each row is an edit of it, applied. *Built* is what ran its
query. *Cut off* is what was kept after a look at the content of its inputs. *Pointed* is a view
that got another definition, or an asset that was pointed to an older version. What is not named
was not touched: nothing of it was run or read. Rows whose names end in 2 or 3 follow on the one
before.

Every row is played by the tests, with the staging assets once as views and once as tables; then the
plan must be empty, and every asset must hold the rows that DuckDB alone makes from the text.

"""
_END = """
## Not yet

These are known to be coarser than they could be, or are not built at all:

"""
_UNBUILT = (
    "A source is compared whole where it is read by a table: edits of other columns of its file"
    " run its direct readers, and stop there.",
    "An asset that reads the time (`now()`) is what it was when it was built; no policy says when"
    " it is to be built again.",
    "Assets that are built in parts (incremental, by partition) do not exist.",
)


def page(told: Sequence[Scenario]) -> str:
    """Return the page."""
    lines = [_HEAD + "| edit | staging as views | staging as tables |", "|---|---|---|"]
    for scenario in told:
        for number, turn in enumerate(scenario.turns, start=1):
            name = scenario.name if len(scenario.turns) == 1 else f"{scenario.name}, {number}"
            mark = " *(not yet)*" if scenario.missing else ""
            cells = [_cell(turn.answers.get(variant, ())) for variant in VARIANTS]
            lines.append(f"| {name}{mark} | {cells[0]} | {cells[1]} |")
    missing = [f"{s.name}: {s.missing}" for s in told if s.missing]
    return (
        "\n".join(lines) + "\n" + _END + "\n".join(f"- {m}" for m in (*_UNBUILT, *missing)) + "\n"
    )


def _cell(answer: Sequence[str]) -> str:
    found: dict[str, list[str]] = {word: [] for word in _WORDS}
    other: list[str] = []
    for line in answer:
        if line.startswith(_BESIDES):
            other.append(line)
        elif not line.startswith(_UNTOLD):
            asset, action, came, *_ = line.split()
            word = "created" if action == "create" else _WHOLE.get(came, came)
            found[word].append(f"`{asset}`")
    parts = [f"{_NAMES.get(w, w)}: {', '.join(keys)}" for w, keys in found.items() if keys]
    return "; ".join([*parts, *other]) or "nothing"
