"""Every scenario goes as its file says, and ends with the rows that a build from nothing gives."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.golden.scenarios_page import PAGE, page
from tests.golden.scenarios_told import (
    FOLDER,
    VARIANTS,
    Turn,
    actual_rows,
    answer,
    edit,
    expected_rows,
    is_whole,
    scenario,
    text_of,
    write_project,
)

import freshline

_FILES = sorted(FOLDER.glob("*.scenario"))
_UPDATE = bool(os.environ.get("FRESHLINE_UPDATE"))


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the project of each variant, built once."""
    folder = tmp_path_factory.mktemp("applied")
    for variant in VARIANTS:
        write_project(folder / variant, variant)
        with freshline.open(folder / variant) as project:
            assert project.apply().succeeded
    return folder


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_a_scenario_goes_as_it_is_written(path: Path, applied: Path, tmp_path: Path) -> None:
    written = path.read_text(encoding="utf-8")
    told = scenario(written)
    played = {variant: _played(told.turns, applied, tmp_path, variant) for variant in VARIANTS}
    turns = tuple(
        replace(turn, answers={variant: played[variant][i] for variant in VARIANTS})
        for i, turn in enumerate(told.turns)
    )
    said = text_of(replace(told, turns=turns))
    if _UPDATE:
        path.write_text(said, encoding="utf-8")
    assert said == written


def test_the_page_is_what_the_scenarios_say() -> None:
    said = page([scenario(path.read_text(encoding="utf-8")) for path in _FILES])
    if _UPDATE:
        PAGE.write_text(said, encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == said


def _played(
    turns: tuple[Turn, ...], applied: Path, folder: Path, variant: str
) -> list[tuple[str, ...]]:
    """Return what each turn gave; every end is compared with a build from nothing."""
    root = folder / variant
    shutil.copytree(applied / variant, root)
    found: list[tuple[str, ...]] = []
    for turn in turns:
        for command in turn.edits:
            edit(root, command)
        with freshline.open(root) as project:
            done = project.apply()
            found.append(answer(done))
            again = project.plan().plan
        if done.succeeded and is_whole(again):
            # What nobody declares any more is only dropped when somebody agrees to it.
            left = [step.asset for step in again.steps if step.action != "drop"]
            assert not left, "a second plan has something to do"
            expected = expected_rows(root)
            assert actual_rows(root, iter(expected)) == expected
    return found
