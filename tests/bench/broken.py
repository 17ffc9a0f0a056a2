"""A layered project in which many files are broken, each in one of the ways that people break them.

    python tests/bench/broken.py write 1000 200 FOLDER
    freshline -p FOLDER validate --json | python tests/bench/broken.py check FOLDER

The files are picked at random from all layers. Below a broken asset nobody knows which columns
there are, so a column is misspelt only where all that lies above is whole; everything else can be
told wherever it stands. `check` fails where one of them is not told, or where something is told of
what is whole. The same numbers always give the same project.
"""

import importlib.util
import json
import random
import re
import sys
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
_LIST = "broken.json"
_PARENT = re.compile(r"layer_\d+\.asset_\d+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Victim:
    """An asset that is to be broken: its file, and an asset that reads it and stays whole."""

    key: str
    path: Path
    reader: str

    def change(self, pattern: str, replacement: str) -> None:
        """Replace the first occurrence of a pattern in the file."""
        self.path.write_text(re.sub(pattern, replacement, self.path.read_text(), count=1))

    def describe(self, yaml: str) -> None:
        """Put front matter before the query."""
        self.path.write_text(f"/*---\n{yaml}\n---*/\n{self.path.read_text()}")


def _declare_twice(victim: Victim) -> None:
    beside = victim.path.with_name(f"again_{victim.path.stem}.yaml")
    beside.write_text(f"assets:\n  {victim.key}:\n    sql: SELECT 1 AS id\n")


_MISSPELT = "a misspelt column"
WAYS: Mapping[str, Callable[[Victim], None]] = {
    _MISSPELT: lambda v: v.change(r"\blabel\b", "lable"),
    "an unknown asset": lambda v: v.change(r"FROM \S+", "FROM layer_00.aset_00001"),
    "a comma too many": lambda v: v.change(", ", ",, "),
    "a bracket that stays open": lambda v: v.change("SELECT ", "SELECT ("),
    "a misspelt key": lambda v: v.describe("ownr: ann"),
    "no YAML": lambda v: v.describe("tags: [daily\nowner: ann"),
    "a key given twice": lambda v: v.describe("owner: ann\nowner: bob"),
    "an asset declared twice": _declare_twice,
    "a cycle": lambda v: v.change(r"FROM \S+", f"FROM {v.reader}"),
}


def write(assets: int, broken: int, folder: Path) -> dict[str, str]:
    """Write the project; return how each broken asset is broken, by its key."""
    _layered(assets, folder)
    files = {_key(path, folder): path for path in sorted((folder / "assets").rglob("*.sql"))}
    parents = {key: _PARENT.findall(path.read_text()) for key, path in files.items()}
    chosen = set(random.Random(broken).sample(sorted(files), broken))
    clouded: set[str] = set()  # what is broken, and all that reads it
    told: dict[str, str] = {}
    ways = deque(WAYS)
    for key in files:  # layer by layer, since that is how they are called
        in_clouds = any(parent in clouded for parent in parents[key])
        if key in chosen:
            way = next(w for w in ways if not (in_clouds and w == _MISSPELT))
            ways.remove(way)
            ways.append(way)
            readers = (k for k, reads in parents.items() if key in reads and k not in chosen)
            WAYS[way](Victim(key=key, path=files[key], reader=next(readers, key)))
            told[key] = way
        if key in chosen or in_clouds:
            clouded.add(key)
    (folder / _LIST).write_text(json.dumps(told))
    return told


def missing(told: Mapping[str, str], report: Sequence[Mapping[str, object]]) -> list[str]:
    """Return in sentences what a report leaves out, and what it says of assets that are whole."""
    found: set[str] = set()
    sentences: list[str] = []
    for problem in report:
        text = json.dumps(problem)
        about = {key for key in told if key in text or f"{key.replace('.', '/')}.sql" in text}
        found |= about
        if not about:
            sentences.append(f"told of something that is whole: {problem['message']}")
    return [*sentences, *(f"not told: {told[key]} in {key}" for key in told.keys() - found)]


def _layered(assets: int, folder: Path) -> None:
    spec = importlib.util.spec_from_file_location("layered", HERE / "layered.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.write(assets, folder)


def _key(path: Path, folder: Path) -> str:
    return ".".join(path.relative_to(folder / "assets").with_suffix("").parts)


def main(command: str, *words: str) -> int:
    """Write a project, or check what is said of it."""
    folder = Path(words[-1])
    if command == "write":
        write(int(words[0]), int(words[1]), folder)
        return 0
    sentences = missing(json.loads((folder / _LIST).read_text()), json.load(sys.stdin)["problems"])
    print("\n".join(sentences) or "everything that is broken is told, and nothing else")
    return 1 if sentences else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
