"""What files declare is told file by file; one that ends its process or hangs harms no other."""

from pathlib import Path

from tests.locations.trying import Project

from freshline.locations.settings import Settings
from freshline.locations.workers import LocationWorkers

GOOD = "from freshline import asset\n@asset\ndef {name}(): return []\n"


def test_files_are_told_in_order_and_bad_ones_with_their_errors(project: Project) -> None:
    bad = {
        "raises": "raise ValueError('no good')",
        "syntax": "def f(:",
        "exits": "import sys; sys.exit(3)",
        "dies": "import os; os._exit(4)",
        "crashes": "import ctypes\nctypes.string_at(0)",
        "missing": "import no_such_module",
    }
    names: list[str] = []
    for name, code in bad.items():
        project.write(f"assets/good_{name}.py", GOOD.format(name=name))
        project.write(f"assets/{name}.py", code)
        names += [f"assets/good_{name}.py", f"assets/{name}.py"]

    told = project.load(*names)

    assert [one.file for one in told] == names
    goods = [one for one in told if one.file.startswith("assets/good")]
    assert [[f.name for f in one.functions] for one in goods] == [[name] for name in bad]
    errors = {Path(one.file).stem: one.error for one in told if one not in goods}
    said = {name: f"{error.type}: {error.message}" for name, error in errors.items() if error}
    assert said["raises"] == "ValueError: no good"
    assert said["syntax"].startswith("SyntaxError: ")
    assert said["exits"].startswith("SystemExit: ")
    assert said["dies"].endswith("its code ended its process with exit code 4")
    assert "its process crashed (SIGSEGV) in assets/crashes.py:2" in said["crashes"]
    assert said["missing"] == "ModuleNotFoundError: No module named 'no_such_module'"
    crash = errors["crashes"]
    assert crash is not None and crash.frames[0].is_user and crash.frames[0].line == 2


def test_an_import_that_hangs_is_told_with_its_place(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        LocationWorkers(Settings(load_timeout=5.0, cancel_grace=0.2, terminate_grace=0.5)),
    )
    project.write("assets/a.py", GOOD.format(name="a"))
    project.write("assets/hangs.py", "import threading\nx = 1\nthreading.Event().wait()\n")
    project.write("assets/z.py", GOOD.format(name="z"))
    try:
        told = project.load("assets/a.py", "assets/hangs.py", "assets/z.py")
    finally:
        project.workers.close()

    assert [len(one.functions) for one in told] == [1, 0, 1]
    error = told[1].error
    assert error is not None
    assert "took longer than its timeout of 5 s; it was in assets/hangs.py:3" in error.message


def test_an_edited_file_is_loaded_anew(project: Project) -> None:
    project.write("assets/a.py", GOOD.format(name="before"))
    project.load("assets/a.py")
    project.write("assets/a.py", GOOD.format(name="after_"))

    (told,) = project.load("assets/a.py")

    assert [function.name for function in told.functions] == ["after_"]


def test_nothing_to_load_starts_nothing(project: Project) -> None:
    assert project.load() == ()
