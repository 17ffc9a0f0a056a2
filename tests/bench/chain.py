"""The floor of chained Python assets: the same functions with nothing around them but files.

    python tests/bench/chain.py PROJECT FOLDER ASSETS        prints the functions' own seconds

The modules of a project of coded.py, imported and called in one process, one after the other. What
each returns becomes a Parquet file that is synced, and the next one gets what is read back from it:
lists of dicts by DuckDB, by way of JSON, tables by pyarrow. Nothing is checked, recorded, compared
or published, and nothing keeps one function from another.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import cast

Rows = list[dict[str, object]]


def functions(project: Path) -> list[Callable[..., object]]:
    """Return the functions of the chain in order."""
    found: dict[str, Callable[..., object]] = {}
    for path in sorted((project / "assets").glob("*/*.py")):
        spec = spec_from_file_location(path.stem, path)
        assert spec is not None and spec.loader is not None
        module = module_from_spec(spec)
        spec.loader.exec_module(module)
        found |= {name: each for name, each in vars(module).items() if name.startswith("step_")}
    return [found[name] for name in sorted(found)]


def run(chain: list[Callable[..., object]], folder: Path) -> float:
    """Call the functions, each with what is read of the one before; return their own seconds."""
    own = 0.0
    before: Path | None = None
    for number, function in enumerate(chain):
        given = () if before is None else (_read(before),)
        started = time.perf_counter()
        made = function(*given)
        own += time.perf_counter() - started
        before = folder / f"{number}.{_kind(made)}"
        _write(made, before)
        with open(before, "rb") as written:
            os.fsync(written.fileno())
    return own


def _kind(made: object) -> str:
    return "parquet" if isinstance(made, list) else "arrow.parquet"


def _write(made: object, path: Path) -> None:
    if isinstance(made, list):
        import duckdb

        lines = path.with_suffix(".jsonl")
        lines.write_text("\n".join(json.dumps(row) for row in cast(Rows, made)))
        duckdb.execute(f"COPY (FROM read_json('{lines}')) TO '{path}' (FORMAT parquet)")
    else:
        import_module("pyarrow.parquet").write_table(made, path)


def _read(path: Path) -> object:
    if path.name.endswith(".arrow.parquet"):
        table: object = import_module("pyarrow.parquet").read_table(path)
        return table
    import duckdb

    lines = path.with_suffix(".back.jsonl")
    duckdb.execute(f"COPY (FROM read_parquet('{path}')) TO '{lines}' (FORMAT json)")
    return [json.loads(line) for line in lines.read_text().splitlines()]


if __name__ == "__main__":
    place = Path(sys.argv[2])
    place.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(f"{run(functions(Path(sys.argv[1]))[: int(sys.argv[3])], place)}\n")
