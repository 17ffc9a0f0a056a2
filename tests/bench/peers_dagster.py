"""Chained Python assets under Dagster, in one process or in one for each step. Run by code.py.

PYTHON tests/bench/peers_dagster.py ASSETS FOLDER in_process      or      multiprocess

PYTHON has dagster; FOLDER is to be its home, with its event log in SQLite as it comes. The
functions are those of coded.py in its form `rows`; what they return goes through files, as it comes
too. Prints JSON: the version, and the seconds that the run took of the process.
"""

import importlib
import json
import os
import sys
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

ROWS = 100
_ASSETS = "CHAINED_ASSETS"
_CONFIG = "telemetry: {enabled: false}\n"


def chained() -> Any:
    """Return the job of as many assets as the environment says, each of which reads the last."""
    dagster = importlib.import_module("dagster")
    assets: list[object] = []
    for number in range(int(os.environ[_ASSETS])):
        name, inputs = f"step_{number:03}", {}
        if number:
            inputs = {"before": dagster.AssetIn(f"step_{number - 1:03}")}
        decorated = dagster.asset(name=name, ins=inputs)
        assets.append(decorated(_next) if number else decorated(_first))
    job = dagster.define_asset_job("chained", executor_def=dagster.multiprocess_executor)
    definitions = dagster.Definitions(assets=assets, jobs=[job])
    return definitions.resolve_job_def("chained")


def _first() -> object:
    return [{"id": id, "label": f"name {id % 10}", "amount": id} for id in range(ROWS)]


def _next(before: object) -> object:
    rows = cast("list[dict[str, int]]", before)
    return [{**row, "amount": row["amount"] + 1} for row in rows]


def main(assets: int, folder: Path, executor: str) -> dict[str, object]:
    """Materialize the chain; return the version and the seconds."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dagster.yaml").write_text(_CONFIG)
    os.environ |= {"DAGSTER_HOME": str(folder), _ASSETS: str(assets)}
    dagster = importlib.import_module("dagster")
    started = time.perf_counter()
    with dagster.DagsterInstance.get() as instance:
        if executor == "in_process":
            result = chained().execute_in_process(instance=instance)
            done = bool(result.success)
        else:
            job = dagster.reconstructable(chained)
            with dagster.execute_job(job, instance=instance) as result:
                done = bool(result.success)
    if not done:
        raise SystemExit("the run failed")
    seconds = time.perf_counter() - started
    return {"versions": f"dagster {version('dagster')}", "seconds": seconds}


if __name__ == "__main__":
    found = main(int(sys.argv[1]), Path(sys.argv[2]).resolve(), sys.argv[3])
    sys.stdout.write(json.dumps(found) + "\n")
