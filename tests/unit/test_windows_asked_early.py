"""Windows asked for while assets are being bound are those that are asked for afterwards."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.bench.plain import to_look_at

from freshline.declare.project import read_project
from freshline.lineage.analysed import Analysis
from freshline.lineage.compile import compile_graph

WRITTEN = {
    "assets/a.sql": "SELECT range AS id, range % 3 AS n FROM range(9)",
    "assets/seen.sql": "/*---\nkind: view\n---*/\nSELECT id, twice(n) AS n FROM a WHERE id > 1",
    "assets/through.sql": "SELECT n FROM seen",
    "assets/filtered.sql": "SELECT id FROM a WHERE n = 1",
    "assets/timely.sql": "/*---\nvolatile: day\n---*/\nSELECT id, now() AS at FROM a",
    "assets/typed.sql": "SELECT typeof(n) AS p, id FROM a",
    "macros/twice.sql": "CREATE MACRO twice(x) AS x * 2;",
}


def _written(folder: Path) -> Path:
    (folder / "freshline.yaml").write_text("project: early\n")
    for name, text in WRITTEN.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    return folder


@pytest.mark.parametrize("name", ["flights", "by hand"])
def test_early_answers_are_those_given_later(name: str, tmp_path: Path) -> None:
    root = _written(tmp_path) if name == "by hand" else to_look_at()
    declared = read_project(root)
    early, remembered = compile_graph(declared, root, {})
    # What is bound already is not asked early: only its windows are forgotten.
    bound = {
        identity: replace(known, windows=(), varies=(), unread="")
        for identity, known in remembered.items()
        if known != Analysis(windows=known.windows, varies=known.varies, unread=known.unread)
    }
    assert 0 < len(bound) < len(remembered)
    late, _ = compile_graph(declared, root, bound)
    assert {k: a.windows for k, a in late.assets.items()} == {
        k: a.windows for k, a in early.assets.items()
    }
    assert late == early
