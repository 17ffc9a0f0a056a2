"""What the how-tos show works as it stands there."""

import re
import shutil
from pathlib import Path

import pytest

from freshline.declare.project import declare_file, read_settings
from freshline.declare.readers import OPTIONS

ROOT = Path(__file__).parents[2]
HOWTO = ROOT / "docs/howto"


def blocks(page: str, language: str) -> list[str]:
    text = (HOWTO / page).read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def test_the_cells_of_the_notebook_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignored = shutil.ignore_patterns(".freshline", "*.duckdb")
    shutil.copytree(ROOT / "projects/quickstart", tmp_path / "shop", ignore=ignored)
    monkeypatch.chdir(tmp_path / "shop")
    cells = blocks("notebooks.md", "python")
    names: dict[str, object] = {}
    for cell in cells:
        exec(compile(cell, "notebooks.md", "exec"), names)
    assert len(cells) > 4
    assert getattr(names["done"], "succeeded", False)
    assert names["rows"]


@pytest.mark.parametrize("yaml", blocks("sources.md", "yaml"))
def test_the_sources_that_are_shown_are_understood(yaml: str) -> None:
    found = declare_file("sources/raw.yaml", yaml, read_settings("project: shop\n"))
    assert found.diagnostics == ()
    assert found.sources


def test_the_options_that_are_told_are_those_there_are() -> None:
    text = (HOWTO / "sources.md").read_text(encoding="utf-8")
    table = text.partition("| option | of | holds |")[2].partition("\n\n")[0]
    short = {"decimal": "decimal_separator", "hive": "hive_partitioning"}
    for line in table.strip().splitlines()[1:]:
        names, formats = line.split("|")[1:3]
        for name in re.findall(r"`(\w+)`", names):
            for format in formats.split(","):
                assert short.get(name, name) in OPTIONS[format.strip()], f"{name} of {format}"
