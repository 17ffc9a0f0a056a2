"""The floor: what the same work costs with nothing but DuckDB, to measure ourselves against.

    python tests/bench/floor.py compile PROJECT FOLDER    orders the queries, once
    python tests/bench/floor.py run FOLDER                runs them: the part that is measured

One connection, DuckDB's own number of threads, every query in topological order by COPY to a
Parquet file, each file fsynced. Nothing is checked, recorded, compared or published. The queries
are the author's text with each upstream replaced by a reader of its file.
"""

import json
import os
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import NamedTuple


class Query(NamedTuple):
    """One asset's query, ready to run, and the file that its rows go to."""

    sql: str
    file: str


def compiled(project: Path, folder: Path) -> list[Query]:
    """Return the queries of a project in an order in which each finds its inputs."""
    readers = _sources(project)
    texts = {_key(path, project): _without_front_matter(path) for path in _sql_files(project)}
    files = {key: str(folder / f"{key}.parquet") for key in texts}
    readers |= {key: f"read_parquet('{file}')" for key, file in files.items()}
    found = {key: _replaced(text, readers) for key, text in texts.items()}
    order = TopologicalSorter({key: inputs & texts.keys() for key, (_, inputs) in found.items()})
    return [Query(found[key][0], files[key]) for key in order.static_order()]


def run(queries: list[Query]) -> None:
    """Run the queries in their order, each durable before the next begins."""
    # As the real thing does it, the database is loaded by the command that needs it.
    import duckdb

    connection = duckdb.connect()
    for query in queries:
        connection.execute(f"COPY ({query.sql}) TO '{query.file}' (FORMAT parquet)")
        with open(query.file, "rb") as written:
            os.fsync(written.fileno())
    connection.close()


def _sql_files(project: Path) -> list[Path]:
    return sorted((project / "assets").rglob("*.sql"))


def _key(path: Path, project: Path) -> str:
    return ".".join(path.relative_to(project / "assets").with_suffix("").parts)


def _without_front_matter(path: Path) -> str:
    text = path.read_text()
    return text.partition("---*/")[2] if text.startswith("/*---") else text


def _sources(project: Path) -> dict[str, str]:
    """Return how DuckDB reads each declared source; enough of YAML for the projects measured."""
    import yaml

    readers: dict[str, str] = {}
    for path in sorted((project / "sources").glob("*.yaml")):
        for key, source in yaml.safe_load(path.read_text())["sources"].items():
            function = "read_parquet" if ".parquet" in source["path"] else "read_csv"
            options = "".join(f", {k}={_literal(v)}" for k, v in source.get("read", {}).items())
            readers[key] = f"{function}('{project / source['path']}'{options})"
    return readers


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value)


def _replaced(text: str, readers: dict[str, str]) -> tuple[str, set[str]]:
    """Return a query that reads files in place of tables, and the keys that it read."""
    from sqlglot import exp, parse_one

    edits: list[tuple[int, int, str]] = []
    inputs: set[str] = set()
    for table in parse_one(text, dialect="duckdb").find_all(exp.Table):
        key = ".".join(part.name for part in table.parts)
        if key in readers:
            inputs.add(key)
            named = "" if table.alias else f" AS {table.name}"
            start, end = table.parts[0].meta["start"], table.parts[-1].meta["end"] + 1
            edits.append((start, end, readers[key] + named))
    for start, end, reader in sorted(edits, reverse=True):
        text = text[:start] + reader + text[end:]
    return text, inputs


def main(command: str, *paths: str) -> None:
    """Compile a project's queries into a folder, or run those of a folder."""
    folder = Path(paths[-1]).resolve()
    listing = folder / "queries.json"
    if command == "compile":
        folder.mkdir(parents=True, exist_ok=True)
        listing.write_text(json.dumps(compiled(Path(paths[0]).resolve(), folder)))
    else:
        run([Query(*query) for query in json.loads(listing.read_text())])


if __name__ == "__main__":
    main(*sys.argv[1:])
