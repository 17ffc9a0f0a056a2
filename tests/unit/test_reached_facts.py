"""What else is told of a function: environment, packages, files, places that cannot be followed."""

from collections.abc import Callable, Mapping

import pytest

from freshline.declare.python.difference import difference, rewritten
from freshline.declare.python.reached import Reach, Reached, reached

FILE = "assets/risk/models.py"
FOLDERS = ("assets/risk", ".")


def of(files: Mapping[str, str], name: str = "f") -> Reached:
    return reached(files.get, FOLDERS, FILE, name)


ENV: dict[str, tuple[str, list[str]]] = {
    "an item": ("import os\ndef f(): return os.environ['A']\n", ["A"]),
    "get": ("import os\ndef f(): return os.environ.get('A', 1)\n", ["A"]),
    "getenv": ("import os\ndef f(): return os.getenv('A')\n", ["A"]),
    "getenv by keyword": ("import os\ndef f(): return os.getenv(key='A')\n", ["A"]),
    "a name of the module": ("from os import environ\ndef f(): return environ['A']\n", ["A"]),
    "another name": ("from os import getenv as g\ndef f(): return g('A')\n", ["A"]),
    "another name of the module": ("import os as o\ndef f(): return o.environ['A']\n", ["A"]),
    "an import inside": ("def f():\n    import os\n    return os.environ['A']\n", ["A"]),
    "a constant": ("import os\nK = 'A'\ndef f(): return os.environ[K]\n", ["A"]),
    "a question": ("import os\ndef f(): return 'A' in os.environ\n", ["A"]),
    "on import": ("import os\nK = os.environ['A']\ndef f(): return K\n", ["A"]),
    "a default": ("import os\ndef f(x=os.getenv('A')): return x\n", ["A"]),
    "any name": ("import os\ndef f(n): return os.environ[n]\n", ["*"]),
    "all": ("import os\ndef f(): return dict(os.environ)\n", ["*"]),
    "a copy": ("import os\ndef f(): return os.environ.copy()\n", ["*"]),
    "under another name": ("import os\ne = os.environ\ndef f(): return e['A']\n", ["*"]),
    "in paths": ("import os\ndef f(): return os.path.expandvars('$A')\n", ["*"]),
    "two": ("import os\ndef f(): return os.environ['A'], os.getenv('B')\n", ["A", "B"]),
    "none, it is set": ("import os\ndef f(): os.environ['A'] = 'x'\n", []),
    "none, it is updated": ("import os\ndef f(): os.environ.update(A='x')\n", []),
    "none, another function reads it": (
        "import os\ndef g(): return os.environ['A']\ndef f(): return 1\n",
        [],
    ),
    "none, another thing has the name": ("def f(environ): return environ['A']\n", []),
    "settings of pydantic": (
        "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    a: str\n"
        "def f(): return S().a\n",
        ["*"],
    ),
}


@pytest.mark.parametrize(("text", "names"), ENV.values(), ids=ENV)
def test_the_environment_is_read(text: str, names: list[str]) -> None:
    assert [each.name for each in of({FILE: text}).env] == names


def test_a_read_of_the_environment_has_its_place() -> None:
    text = "import os\ndef f():\n    é = 'ü', os.environ['A']\n"
    (read,) = of({FILE: text}).env
    assert (str(read.span), read.span.length) == (f"{FILE}:3:14", len("os.environ['A']"))


PACKAGES: dict[str, tuple[str, list[str]]] = {
    "one that is used": ("import numpy as np\ndef f(): return np.pi\n", ["numpy"]),
    "one of a name": ("from numpy import pi\ndef f(): return pi\n", ["numpy"]),
    "a part of one": ("import scipy.stats\ndef f(): return scipy.stats.norm\n", ["scipy"]),
    "one of an annotation": ("import polars as pl\ndef f(x: pl.DataFrame): pass\n", ["polars"]),
    "one inside": ("def f():\n    import numpy\n    return numpy.pi\n", ["numpy"]),
    "one by a star": ("from numpy import *\ndef f(): return pi\n", ["numpy"]),
    "one that may be missing": (
        "try:\n    import fast\nexcept ImportError:\n    fast = None\ndef f(): return fast\n",
        ["fast"],
    ),
    "one that nobody names": ("import seaborn\ndef f(): return 1\n", ["seaborn"]),
    "none of another function": (
        "import numpy as np\ndef g(): return np.pi\ndef f(): return 1\n",
        [],
    ),
    "none of an annotation of another": (
        "import numpy as np\ndef g(x: np.ndarray): return 1\ndef f(): return g(1)\n",
        [],
    ),
    "none of the standard library": ("import json\ndef f(): return json.dumps(1)\n", []),
    "not Freshline": ("from freshline import asset\n@asset\ndef f(): return 1\n", []),
    "none for type checkers": (
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import numpy\n"
        "def f(): return 1\n",
        [],
    ),
}


@pytest.mark.parametrize(("text", "names"), PACKAGES.values(), ids=PACKAGES)
def test_packages_are_told(text: str, names: list[str]) -> None:
    assert list(of({FILE: text}).packages) == names


UNSURE: dict[str, tuple[str, str]] = {
    "eval": (
        "def f(t): return eval(t)\n",
        f"{FILE}:1:18 eval() computes what is not written here; all of this module counts",
    ),
    "globals": (
        "def f(n): return globals()[n]\n",
        f"{FILE}:1:18 globals() may be asked for any name; all of this module counts",
    ),
    "import_module": (
        "import importlib\ndef f(n): return importlib.import_module(n)\n",
        f"{FILE}:2:18 the module that is imported here has no constant name; "
        "all modules of the project count",
    ),
    "a module as a value": (
        "import lib.x\ndef f(n): return getattr(lib.x, n)\n",
        f"{FILE}:2:26 the module lib.x is used as a value; all of it counts",
    ),
    "a name that is not there": (
        "def g(): return 1\n",
        f"{FILE}:1:1 f is not defined in so many words; all of this module counts",
    ),
    "a file that cannot be read": (
        "def f(: pass\n",
        f"{FILE}:1:1 it cannot be read (invalid syntax (models.py, line 1)), "
        "so all of its text counts",
    ),
}


@pytest.mark.parametrize(("text", "told"), UNSURE.values(), ids=UNSURE)
def test_a_place_that_cannot_be_followed_is_told(text: str, told: str) -> None:
    found = of({FILE: text, "lib/x.py": "def g(): return 1\n"}).unsure
    assert [f"{span} {message}" for span, message in found] == [told]


def test_nothing_is_told_of_plain_code() -> None:
    text = "import json, lib.x\ndef f(r): return json.dumps(lib.x.g(r), key=getattr(r, 'k'))\n"
    assert of({FILE: text, "lib/x.py": "def g(r): return r\n"}).unsure == ()


def test_files_are_those_that_are_imported_and_opened() -> None:
    files = {
        FILE: "import lib.x\ndef f(): return open('w.json')\n",
        "lib/__init__.py": "",
        "lib/x.py": "",
        "lib/y.py": "",
        "w.json": "1",
    }
    assert of(files).files == (FILE, "lib/__init__.py", "lib/x.py", "w.json")


def test_where_a_module_would_hide_another_is_told() -> None:
    files = {FILE: "import near\ndef f(): return near.k\n", "near.py": "k = 1\n"}
    reach = Reach(files.get, FOLDERS)
    before = reach.reached(FILE, "f")
    hiding = "assets/risk/near.py"
    assert hiding in reach.missing() and hiding not in before.files
    assert of({**files, hiding: "k = 2\n"}).text != before.text


def test_each_file_is_read_once() -> None:
    files = {FILE: "import lib.x\ndef f(): return lib.x.g()\n", "lib/x.py": "def g(): return 1\n"}
    asked: list[str] = []

    def read(file: str) -> str | None:
        asked.append(file)
        return files.get(file)

    reach = Reach(read, FOLDERS)
    for _ in range(3):
        reach.reached(FILE, "f")
    assert len(asked) == len(set(asked))


DEEP: dict[str, Callable[[int], str]] = {
    "operators": lambda n: "def f(): return " + " + ".join(["1"] * n) + "\n",
    "calls": lambda n: "def f(x): return x" + ".g()" * n + "\n",
    "else": lambda n: "def f(x):\n    if x: pass\n" + f"    elif x == {n}: pass\n" * n,
    "elif of a module": lambda n: (
        "import sys\nif sys: K = 0\n" + f"elif sys == {n}: K = 1\n" * n + "def f(): return K\n"
    ),
    "a long number": lambda n: "def f(): return 0x" + "f" * (n * 20) + "\n",
    "names": lambda n: (
        "K0 = 1\n" + "".join(f"K{i + 1} = K{i}\n" for i in range(n)) + f"def f(): return K{n}\n"
    ),
}


@pytest.mark.parametrize("text", DEEP.values(), ids=DEEP)
def test_no_depth_is_too_much(text: Callable[[int], str]) -> None:
    assert of({FILE: text(600)}).text != of({FILE: text(601)}).text


def test_a_name_that_runs_in_a_circle_is_no_error() -> None:
    files = {
        FILE: "from lib.x import K\ndef f(): return open(K / 'w')\nL = K + 1\nclass C(K): pass\n",
        "lib/x.py": "from lib.y import K\n",
        "lib/y.py": "from lib.x import K\n",
    }
    assert of(files).files == (FILE, "lib/x.py", "lib/y.py")


def test_a_mark_at_the_beginning_of_a_file_is_no_error() -> None:
    assert of({FILE: "\ufeffdef f(): return 1\n"}) == of({FILE: "def f(): return 1\n"})


def test_a_long_way_of_imports_is_followed() -> None:
    files = {f"lib/m{i}.py": f"from lib.m{i + 1} import k\n" for i in range(500)}
    files |= {FILE: "from lib.m0 import k\ndef f(): return k\n", "lib/m500.py": "k = 1\n"}
    assert of(files).text != of({**files, "lib/m500.py": "k = 2\n"}).text


BASE = {
    FILE: "from lib.x import g\nK = 1\ndef f(): return g(K)\n",
    "lib/x.py": "L = 2\ndef g(k): return k * L\n",
}
DIFFERENCES: dict[str, tuple[dict[str, str], str]] = {
    "a function": (
        {"lib/x.py": "L = 2\ndef g(k): return k + L\n"},
        "function lib.x.g changed",
    ),
    "a constant": (
        {FILE: "from lib.x import g\nK = 3\ndef f(): return g(K)\n"},
        "constant assets.risk.models.K changed",
    ),
    "two": (
        {"lib/x.py": "L = 3\ndef g(k): return k + L\n"},
        "constant lib.x.L changed, function lib.x.g changed",
    ),
    "a module that comes": (
        {"lib/x.py": "from lib.y import L\ndef g(k): return k * L\n", "lib/y.py": "L = 2\n"},
        "lib.y is reached now, constant lib.x.L is no longer reached",
    ),
    "a module that goes": (
        {FILE: "K = 1\ndef f(): return K\n"},
        "function assets.risk.models.f changed, lib.x is no longer reached",
    ),
    "an effect that comes": (
        {"lib/x.py": "L = 2\ndef g(k): return k * L\nprint(L)\n"},
        "lib.x does something when it is imported",
    ),
    "a class": (
        {"lib/x.py": "class g:\n    pass\n"},
        "class lib.x.g is reached now, constant lib.x.L is no longer reached, "
        "function lib.x.g is no longer reached",
    ),
    "where a name is from": (
        {FILE: "from lib.x import h as g\nK = 1\ndef f(): return g(K)\n",
         "lib/x.py": "L = 2\ndef g(k): return k * L\nh = g\n"},
        "constant lib.x.h is reached now",
    ),
    "nothing": ({FILE: f"# why\n{BASE[FILE]}"}, ""),
    "many": (
        {"lib/x.py": "".join(f"A{i} = {i}\n" for i in range(5))
         + "def g(k): return A0 + A1 + A2 + A3 + A4\n"},
        "function lib.x.g changed, constant lib.x.A0 is reached now, "
        "constant lib.x.A1 is reached now, and 4 more",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("files", "told"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_difference_is_told(files: dict[str, str], told: str) -> None:
    assert difference(of(BASE).text, of({**BASE, **files}).text) == told


def test_another_order_is_told() -> None:
    one = {FILE: "L = []\nL.append(1)\nL.append(2)\ndef f(): return L\n"}
    other = {FILE: "L = []\nL.append(2)\nL.append(1)\ndef f(): return L\n"}
    told = "what assets.risk.models does when it is imported changed"
    assert difference(of(one).text, of(other).text) == told
    two = {FILE: "K = 1\nprint(2)\ndef f(): return K\n"}
    moved = {FILE: "print(2)\nK = 1\ndef f(): return K\n"}
    told = "statements of assets.risk.models stand in another order"
    assert difference(of(two).text, of(moved).text) == told


def test_a_text_of_another_python_is_written_again() -> None:
    text = of(BASE).text
    assert rewritten(text.replace("k * L", "(k*L)")) == text
