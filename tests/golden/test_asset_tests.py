"""What is wrong with unit tests of assets, as text: one file of tests a case, its findings beside.

After a wanted change, `FRESHLINE_UPDATE_GOLDEN=1 pytest tests/golden/test_asset_tests.py` writes
the findings anew; the difference is then reviewed like any other.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

from freshline.codes import CODES
from freshline.declare.asset_tests import read_tests
from freshline.declare.project import read_project
from freshline.errors import Diagnostic
from freshline.execute.asset_tests import Verdict, faults_of, run_tests
from freshline.lineage.compile import compile_graph
from freshline.lineage.graph import Graph

CASES = Path(__file__).parent / "asset_tests"
# Beside `x.yaml`, `x.more.yaml` is a second file of the same case.
NAMES = sorted(case.stem for case in CASES.glob("*.yaml") if "." not in case.stem)
SHOP: Mapping[str, str] = {
    "freshline.yaml": "project: shop\n",
    "data/orders.csv": "id,amount,placed_at,paid,tags,part\n",
    "sources/shop.yaml": """
sources:
  raw.orders:
    path: data/orders.csv
    read: {header: true}
    columns:
      id: bigint
      amount: "decimal(10,2)"
      placed_at: timestamp
      paid: boolean
      tags: varchar[]
      part: "struct(a integer, b varchar)"
""",
    "assets/staging/orders.sql": """
SELECT CAST(placed_at AS DATE) AS order_date, amount, paid, tags, part FROM raw.orders
""",
    "assets/marts/daily.sql": """
SELECT order_date, sum(amount) AS revenue FROM staging.orders GROUP BY order_date
""",
    "assets/marts/constant.sql": "SELECT 1 AS one",
    "assets/marts/broken.sql": "SELECT nothing FROM staging.orders",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Graph]:
    root = tmp_path_factory.mktemp("shop")
    for name, text in SHOP.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    graph, _ = compile_graph(read_project(root), root, {})
    assert set(graph.quarantined) == {"marts.broken"}
    return root, graph


def rendered(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    assert span is not None
    lines = [f"{diagnostic.code} {span} {diagnostic.message}"]
    if diagnostic.excerpt:
        margin = f"{span.line:>5} | "
        lines.append(margin + diagnostic.excerpt)
        lines.append(" " * len(margin) + " " * (span.column - 1) + "^" * span.length)
    lines += [f"    also {place}: {words}" for place, words in diagnostic.related]
    lines.append(f"    fix: {diagnostic.fix}")
    return "\n".join(lines)


def findings(root: Path, graph: Graph) -> str:
    declared = read_tests(root)
    found = (*declared.problems, *faults_of(declared.tests, graph))
    runnable = [test.name for test in declared.tests if not test.faults]
    told = [f"{rendered(diagnostic)}\n\n" for diagnostic in found]
    return "".join([*told, f"well-formed: {', '.join(runnable)}".rstrip()]) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_findings_of_a_file_of_tests_read_as_expected(
    name: str, shop: tuple[Path, Graph]
) -> None:
    root, graph = shop
    shutil.rmtree(root / "tests", ignore_errors=True)
    (root / "tests").mkdir()
    for file in CASES.glob(f"{name}.*yaml"):
        shutil.copy(file, root / "tests")
    expected = CASES / f"{name}.txt"
    found = findings(root, graph)
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_two_tests_of_one_name_in_two_files_are_told_apart(shop: tuple[Path, Graph]) -> None:
    root, graph = shop
    shutil.rmtree(root / "tests", ignore_errors=True)
    (root / "tests/deep").mkdir(parents=True)
    text = "tests:\n  one:\n    asset: marts.daily\n    expect: []\n"
    for name in ("b.yml", "deep/a.yaml", ".hidden.yaml", "notes.md"):
        (root / "tests" / name).write_text(text, encoding="utf-8")
    first, second = read_tests(root).tests
    results = run_tests((first, second), graph)
    assert [result.verdict for result in results] == [Verdict.PASSED, Verdict.BROKEN]
    (fault,) = results[1].faults
    assert rendered(fault) == (
        'E407 tests/deep/a.yaml:2:3 a test is called "one" already\n'
        "    2 |   one:\n"
        "          ^^^\n"
        "    also tests/b.yml:2:3: the first one\n"
        "    fix: give one of the two another name"
    )


def test_every_code_of_a_finding_about_tests_has_a_title_and_a_case() -> None:
    texts = [(CASES / f"{name}.txt").read_text(encoding="utf-8") for name in NAMES]
    shown = {line[:4] for text in texts for line in text.splitlines() if line[:1] == "E"}
    assert shown <= set(CODES)
    assert {code for code in CODES if code[:2] == "E4"} <= shown
