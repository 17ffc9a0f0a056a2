"""What is wrong with code, as text: one project a case, its functions told by real workers.

After a wanted change, `FRESHLINE_UPDATE_GOLDEN=1 pytest tests/golden/test_code.py` writes the
files anew; the difference is then reviewed like any other.
"""

import os
import shutil
from pathlib import Path

import pytest
from tests.golden.test_sql import report

from freshline.cli.code import outside
from freshline.lineage.cache import load_graph

CASES = Path(__file__).parent / "code"
NAMES = sorted(case.name for case in CASES.iterdir() if case.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_the_findings_of_a_project_read_as_expected(name: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(CASES / name, root)
    graph = load_graph(root, None, tmp_path / "cache", outside(root, tmp_path / "catalog.db"))
    found = report(graph)
    expected = CASES / name / "expected.txt"
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")
