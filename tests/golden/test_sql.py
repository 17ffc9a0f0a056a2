"""What compiling finds wrong in a project's SQL, as text: one folder a case, as for declarations.

After a wanted change, `FRESHLINE_UPDATE_GOLDEN=1 pytest tests/golden/test_sql.py` writes the files
anew; the difference is then reviewed like any other.
"""

import os
from pathlib import Path

import pytest
from tests.golden.test_declare import rendered

from freshline.codes import CODES
from freshline.declare.project import read_project
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph, SetAside

CASES = Path(__file__).parent / "sql"
NAMES = sorted(case.name for case in CASES.iterdir() if case.is_dir())


def report(graph: Graph) -> str:
    def aside(key: str, found: SetAside) -> str:
        return f"{key} ({found.code}{f', because of {found.because}' if found.because else ''})"

    lines = [rendered(diagnostic) + "\n" for diagnostic in graph.diagnostics]
    lines += [
        f"assets:  {', '.join(graph.assets)}".rstrip(),
        f"sources: {', '.join(graph.sources)}".rstrip(),
        "aside:   " + ", ".join(aside(key, found) for key, found in graph.quarantined.items()),
    ]
    return "\n".join(line.rstrip() for text in lines for line in text.split("\n")) + "\n"


def compiled(name: str) -> str:
    graph, _ = compile_graph(read_project(CASES / name), CASES / name, {})
    return report(graph).replace(str(CASES / name), "<project>")


@pytest.mark.parametrize("name", NAMES)
def test_the_findings_of_a_project_read_as_expected(name: str) -> None:
    expected = CASES / name / "expected.txt"
    found = compiled(name)
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_a_project_is_found_wrong_in_the_same_way_from_memory(name: str) -> None:
    """What the first compilation remembers gives the same graph again."""
    root = CASES / name
    declared = read_project(root)
    first, remembered = compile_graph(declared, root, {})
    again, _ = compile_graph(declared, root, remembered)
    assert again == first


def test_every_code_about_sql_has_a_case() -> None:
    texts = [(CASES / name / "expected.txt").read_text(encoding="utf-8") for name in NAMES]
    shown = {line[:4] for text in texts for line in text.splitlines() if line[4:5] == " "}
    ours = {code for code in CODES if code[:2] == "E2"}
    ours |= {"E301", "E302", "E305", "E306", "E310", "W503", "W504", "W510", "W511"}
    assert ours <= shown
    assert "(E208, because of a_broken)" in "".join(texts)
