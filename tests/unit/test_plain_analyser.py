"""The analyser without its compiled modules, as a platform without wheels has it, says the same."""

import subprocess
import sys
from pathlib import Path

import pytest
from tests.bench.plain import to_look_at

PROJECTS = Path(__file__).parents[2] / "projects"
GRAPH = """
import sys, tempfile
from pathlib import Path
from freshline.codec import digest_of
from freshline.lineage.cache import load_graph

with tempfile.TemporaryDirectory() as cache:
    graph = load_graph(Path(sys.argv[1]), None, Path(cache))
from sqlglot import parser
print(parser.__file__.rpartition(".")[2], digest_of([graph.assets, graph.diagnostics]))
"""
PLAIN = """
import sys
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader

class OnlySources:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if not name.startswith("sqlglot."):
            return None
        for folder in path or ():
            found = FileFinder(folder, (SourceFileLoader, SOURCE_SUFFIXES)).find_spec(name)
            if found is not None:
                return found

sys.meta_path.insert(0, OnlySources)
"""


def _said(program: str, project: Path) -> tuple[str, str]:
    command = [sys.executable, "-c", program, str(project)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    module, _, digest = done.stdout.strip().partition(" ")
    return module, digest


@pytest.mark.parametrize("name", ["flights", "quickstart"])
def test_a_graph_is_the_same_without_compiled_modules(name: str) -> None:
    root = to_look_at() if name == "flights" else PROJECTS / name
    module, plain = _said(PLAIN + GRAPH, root)
    assert module == "py"
    assert plain == _said(GRAPH, root)[1]
