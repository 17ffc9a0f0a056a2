"""A project of chained Python assets, written into a folder.

    python tests/bench/coded.py 100 FOLDER rows      or        arrow
    python tests/bench/coded.py edit FOLDER NUMBER

Ten functions to a file. Each takes what the one before it made, a hundred rows, and adds to one of
their columns: as lists of dicts, or as tables of pyarrow. The same words always give the same
project; an edit of another number is another edit of the file in the middle.
"""

import sys
from pathlib import Path

ROWS = 100
_PER_FILE = 10
_HEADS = {
    "rows": "from freshline import Input, asset\n",
    "arrow": (
        "import pyarrow as pa\nimport pyarrow.compute as pc\n\nfrom freshline import Input, asset\n"
    ),
}
_FIRST = {
    "rows": '''
@asset
def step_000() -> list[dict]:
    """The rows that all others hang on."""
    return [{{"id": id, "label": f"name {{id % 10}}", "amount": id}} for id in range({rows})]
''',
    "arrow": '''
@asset
def step_000() -> pa.Table:
    """The rows that all others hang on."""
    ids = range({rows})
    return pa.table({{"id": ids, "label": [f"name {{id % 10}}" for id in ids], "amount": ids}})
''',
}
_NEXT = {
    "rows": '''
@asset(inputs={{"before": Input("{before}")}})
def {name}(before: list[dict]) -> list[dict]:
    """One more than {before} has it."""
    return [{{**row, "amount": row["amount"] + {more}}} for row in before]
''',
    "arrow": '''
@asset(inputs={{"before": Input("{before}")}})
def {name}(before: pa.Table) -> pa.Table:
    """One more than {before} has it."""
    place = before.schema.get_field_index("amount")
    return before.set_column(place, "amount", pc.add(before["amount"], {more}))
''',
}


def write(assets: int, folder: Path, form: str) -> None:
    """Write the project; files of an earlier one of the same size are replaced."""
    _write(folder / "freshline.yaml", "project: coded\n")
    for first in range(0, assets, _PER_FILE):
        numbers = range(first, min(first + _PER_FILE, assets))
        parts = [_function(number, form) for number in numbers]
        _write(_file(folder, first), "\n".join((_HEADS[form], *parts)))


def edit(folder: Path, more: int) -> None:
    """Let one function of the file in the middle add another number."""
    files = sorted((folder / "assets" / "chain").glob("*.py"))
    path = files[len(files) // 2]
    head, mark, rest = path.read_text().rpartition('"""')
    for was in (" + ", '["amount"], '):
        before, found, after = rest.rpartition(was)
        if found:
            kept = after.lstrip("0123456789")
            path.write_text(f"{head}{mark}{before}{found}{more}{kept}")
            return
    raise SystemExit(f"{path} is not of this project")


def key(number: int) -> str:
    """Return the key of an asset, as it is asked for by name."""
    return f"chain.step_{number:03}"


def _function(number: int, form: str) -> str:
    if number == 0:
        return _FIRST[form].format(rows=ROWS)
    return _NEXT[form].format(name=f"step_{number:03}", before=key(number - 1), more=1)


def _file(folder: Path, number: int) -> Path:
    return folder / "assets" / "chain" / f"part_{number // _PER_FILE:02}.py"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    if sys.argv[1] == "edit":
        edit(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        write(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
