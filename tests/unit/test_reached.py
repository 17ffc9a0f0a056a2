"""What a function reaches: which edits of a project change its code version, and which do not."""

from collections.abc import Mapping
from typing import NamedTuple

import pytest

from freshline.declare.python.reached import Reach, Reached

FILE = "assets/risk/models.py"
FOLDERS = ("assets/risk", ".")


class Case(NamedTuple):
    """A project and an edit of it: `old` becomes `new` wherever it stands."""

    files: Mapping[str, str]
    old: str
    new: str


def of(files: Mapping[str, str], name: str = "f") -> Reached:
    modules = [file for file in files if file.endswith(".py")]
    return Reach(files.get, FOLDERS, lambda: modules).reached(FILE, name)


def edited(case: Case) -> dict[str, str]:
    files = {file: text.replace(case.old, case.new) for file, text in case.files.items()}
    assert files != case.files
    return files


def alone(text: str, old: str, new: str) -> Case:
    return Case({FILE: text}, old, new)


def with_lib(text: str, lib: str, old: str, new: str) -> Case:
    return Case({FILE: text, "lib/x.py": lib}, old, new)


USES = "import lib.x\ndef f(): return lib.x.g()\n"
FROM = "from lib.x import g\ndef f(): return g()\n"
G = "def g(): return 1\n"

CHANGES: dict[str, Case] = {
    # names of the module
    "its own code": alone("def f(): return 1\n", "1", "2"),
    "a default argument": alone("def f(x=1): return x\n", "1", "2"),
    "a default that is a name": alone("K = 1\ndef f(x=K): return x\n", "1", "2"),
    "a constant": alone("K = 1\ndef f(): return K\n", "1", "2"),
    "a constant that is negative": alone("K = 1\ndef f(): return K\n", "1", "-1"),
    "the type of a constant": alone("K = 1\ndef f(): return K\n", "1", "1.0"),
    "a constant of a constant": alone("L = 1\nK = L + 1\ndef f(): return K\n", "L = 1", "L = 2"),
    "one of a tuple": alone("A, B = 1, 2\ndef f(): return A\n", "1", "3"),
    "a chained assignment": alone("A = B = 1\ndef f(): return B\n", "1", "2"),
    "a starred assignment": alone("A, *B = 1, 2\ndef f(): return B\n", "2", "3"),
    "an augmented assignment": alone("K = 1\nK += 2\ndef f(): return K\n", "2", "3"),
    "an annotated assignment": alone("K: int = 1\ndef f(): return K\n", "1", "2"),
    "an assignment below an if": alone("if 1:\n    K = 1\ndef f(): return K\n", "K = 1", "K = 2"),
    "the condition of an assignment": alone(
        "if 1:\n    K = 1\nelse:\n    K = 0\ndef f(): return K\n", "if 1", "if 0"
    ),
    "a second assignment": alone("K = 1\nK = 2\ndef f(): return K\n", "2", "3"),
    "the order of two assignments": alone(
        "K = 1\nK = 2\ndef f(): return K\n", "K = 1\nK = 2", "K = 2\nK = 1"
    ),
    "when a value is taken": alone(
        "K = 1\nL = K\nK = 2\ndef f(): return L\n", "L = K\nK = 2", "K = 2\nL = K"
    ),
    "a second definition": alone(
        "def g(): return 1\ndef g(): return 2\ndef f(): return g()\n", "2", "3"
    ),
    "a name that is deleted": alone("K = 1\ndef f(): return K\n", "K = 1\n", "K = 1\ndel K\n"),
    "a walrus": alone("_ = (K := 1)\ndef f(): return K\n", "1", "2"),
    "a walrus in a comprehension": alone(
        "_ = [K := i for i in (1, 2)]\ndef f(): return K\n", "2", "3"
    ),
    "a loop": alone("for K in (1, 2): pass\ndef f(): return K\n", "2", "3"),
    "a with": alone("with open('/dev/null') as K: pass\ndef f(): return K\n", "null", "zero"),
    "a match": alone("match 1:\n    case K: pass\ndef f(): return K\n", "1", "2"),
    "a lambda": alone("g = lambda: 1\ndef f(): return g()\n", "1", "2"),
    "a function that is called": alone(G + "def f(): return g()\n", "1", "2"),
    "a function that is handed on": alone(G + "def f(): return map(g, [])\n", "1", "2"),
    "a function two calls away": alone(G + "def h(): return g()\ndef f(): return h()\n", "1", "2"),
    "a function in a mapping": alone(G + "M = {'a': g}\ndef f(k): return M[k]()\n", "1", "2"),
    "a decorator": alone("def d(g): return 1\n@d\ndef f(): pass\n", "1", "2"),
    "the argument of a decorator": alone(
        "def d(k): return lambda g: k\n@d(1)\ndef f(): pass\n", "d(1)", "d(2)"
    ),
    "a decorator that goes": alone("from lib import d\n@d\ndef f(): pass\n", "@d\n", ""),
    "a closure": alone(
        "def make(k):\n    def g(): return k\n    return g\nh = make(1)\ndef f(): return h()\n",
        "make(1)",
        "make(2)",
    ),
    "a global that is set": alone(
        "K = 1\ndef s():\n    global K\n    K = 2\ndef f():\n    s()\n    return K\n", "2", "3"
    ),
    "a global that is set on import": alone(
        "K = 1\ndef s():\n    global K\n    K = 2\ns()\ndef f(): return K\n", "2", "3"
    ),
    "a nonlocal": alone(
        "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n = 1\n"
        "    g()\n    return n\n",
        "n = 1",
        "n = 2",
    ),
    "the first iterable of a comprehension": alone(
        "x = [1]\ndef f(): return [x for x in x]\n", "[1]", "[2]"
    ),
    "a name beside a comprehension with the same": alone(
        "x = 1\ndef f(): return [x for x in ()] + [x]\n", "1", "2"
    ),
    "a name that only a class binds": alone(
        "K = 1\nclass C:\n    K = 2\n    def g(self): return K\ndef f(): return C().g()\n",
        "K = 1",
        "K = 3",
    ),
    "a name that a class takes from outside": alone(
        "K = 1\nclass C:\n    K = K\ndef f(): return C.K\n", "K = 1", "K = 2"
    ),
    "a private name of a class": alone(
        "_C__k = 1\nclass C:\n    def g(self): return __k\ndef f(): return C().g()\n", "1", "2"
    ),
    "a keyword argument's name": alone("def f(g): return g(a=1)\n", "a=1", "b=1"),
    "a builtin that is replaced": alone("def f(): return len([])\n", "def f", "len = id\ndef f"),
    # classes
    "a class attribute": alone("class C:\n    k = 1\ndef f(): return C.k\n", "1", "2"),
    "a method": alone("class C:\n    def g(self): return 1\ndef f(): return C().g()\n", "1", "2"),
    "a method of a parent": alone(
        "class B:\n    def g(self): return 1\nclass C(B): pass\ndef f(): return C().g()\n", "1", "2"
    ),
    "a metaclass": alone(
        "class M(type):\n    k = 1\nclass C(metaclass=M): pass\ndef f(): return C.k\n", "1", "2"
    ),
    "a default of a dataclass": alone(
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    k: int = 1\n"
        "def f(): return C()\n",
        "1",
        "2",
    ),
    "the type of a field": alone(
        "from dataclasses import dataclass\n@dataclass\nclass C:\n    k: int\n"
        "def f(): return C(1)\n",
        "k: int",
        "k: str",
    ),
    "the class of a parameter of the function itself": alone(
        "class C:\n    k = 1\ndef f(config: C): return config.k\n", "1", "2"
    ),
    "the same as a string": alone(
        "class C:\n    k = 1\ndef f(config: 'C | None'): return config.k\n", "1", "2"
    ),
    "a subclass that registers itself": alone(
        "ALL = []\nclass B:\n    def __init_subclass__(cls): ALL.append(cls.k)\n"
        "class C(B):\n    k = 1\ndef f(): return ALL\n",
        "1",
        "2",
    ),
    "an enumeration": alone(
        "import enum\nclass C(enum.Enum):\n    A = 1\ndef f(): return C.A\n", "1", "2"
    ),
    # effects
    "a call on import": alone("L = []\nL.append(1)\ndef f(): return L\n", "1", "2"),
    "a registering decorator": alone(
        "L = []\ndef r(g): L.append(g())\n@r\ndef h(): return 1\ndef f(): return L\n", "1", "2"
    ),
    "an item that is set": alone("D = {}\nD['a'] = 1\ndef f(): return D\n", "1", "2"),
    "an option of a package": alone(
        "import pandas as pd\npd.options.x = 1\ndef f(): pass\n", "1", "2"
    ),
    "the order of effects": alone(
        "L = []\nL.append(1)\nL.append(2)\ndef f(): return L\n",
        "L.append(1)\nL.append(2)",
        "L.append(2)\nL.append(1)",
    ),
    "when something is read, between effects": alone(
        "L = []\nK = len(L)\nL.append(1)\ndef f(): return K\n",
        "K = len(L)\nL.append(1)",
        "L.append(1)\nK = len(L)",
    ),
    "an effect of a module that is imported for another function": Case(
        {
            FILE: "import lib.x\ndef f(): return {}\n",
            "lib/x.py": "import builtins\nbuiltins.x = 1\n",
        },
        "1",
        "2",
    ),
    "an effect of a package above": Case(
        {FILE: USES, "lib/__init__.py": "import os\nos.k = 1\n", "lib/x.py": G},
        "os.k = 1",
        "os.k = 2",
    ),
    "an effect of the folder's own package": Case(
        {FILE: "def f(): pass\n", "assets/__init__.py": "import os\nos.k = 1\n"}, "1", "2"
    ),
    "a patch of another module": Case(
        {
            FILE: USES,
            "lib/x.py": "K = 1\ndef g(): return K\n",
            "lib/__init__.py": "import lib.x\nlib.x.K = 5\n",
        },
        "5",
        "6",
    ),
    "the order of imports that have effects": Case(
        {
            FILE: "import p\nimport q\ndef f(): pass\n",
            "p.py": "import os\nos.k = 1\n",
            "q.py": "import os\nos.k = 2\n",
        },
        "import p\nimport q",
        "import q\nimport p",
    ),
    "an import that hangs on something": Case(
        {
            FILE: "import sys\nif sys.flags.dev_mode:\n    import p\ndef f(): pass\n",
            "p.py": "import os\nos.k = 1\n",
        },
        "if sys",
        "if not sys",
    ),
    "an augmented list of another module": Case(
        {
            FILE: "from lib.x import L\nimport lib.y\ndef f(): return L\n",
            "lib/x.py": "L = [1]\n",
            "lib/y.py": "from lib.x import L\nL += [2]\n",
        },
        "2",
        "3",
    ),
    # imports
    "what is imported by name": with_lib(FROM, G, "1", "2"),
    "what is imported by another name": with_lib(
        "from lib.x import g as h\ndef f(): return h()\n", G, "1", "2"
    ),
    "an attribute of a module": with_lib(USES, G, "1", "2"),
    "an attribute of a module by another name": with_lib(
        "import lib.x as m\ndef f(): return m.g()\n", G, "1", "2"
    ),
    "a module of a package": with_lib("from lib import x\ndef f(): return x.g()\n", G, "1", "2"),
    "a module in a folder without __init__ of a package": Case(
        {
            FILE: "import lib.deep.x\ndef f(): return lib.deep.x.g()\n",
            "lib/__init__.py": "",
            "lib/deep/x.py": G,
        },
        "1",
        "2",
    ),
    "a relative import": Case(
        {FILE: "from .near import g\ndef f(): return g()\n", "assets/risk/near.py": G}, "1", "2"
    ),
    "a relative import from above": Case(
        {FILE: "from ..near import g\ndef f(): return g()\n", "assets/near.py": G}, "1", "2"
    ),
    "a module beside": Case(
        {FILE: "from . import near\ndef f(): return near.g()\n", "assets/risk/near.py": G}, "1", "2"
    ),
    "a module of the location": Case(
        {FILE: "import near\ndef f(): return near.g()\n", "assets/risk/near.py": G}, "1", "2"
    ),
    "a re-export": Case(
        {
            FILE: "from lib import g\ndef f(): return g()\n",
            "lib/__init__.py": "from .x import g\n",
            "lib/x.py": G,
        },
        "1",
        "2",
    ),
    "where a re-export comes from": Case(
        {
            FILE: "from lib import g\ndef f(): return g()\n",
            "lib/__init__.py": "from .x import g\n",
            "lib/x.py": G,
            "lib/y.py": G,
        },
        "from .x",
        "from .y",
    ),
    "a star": with_lib("from lib.x import *\ndef f(): return g()\n", G, "1", "2"),
    "a star of a star": Case(
        {
            FILE: "from lib import *\ndef f(): return g()\n",
            "lib/__init__.py": "from lib.x import *\n",
            "lib/x.py": G,
        },
        "1",
        "2",
    ),
    "a star that hides a builtin": with_lib(
        "from lib.x import *\ndef f(): return len([])\n", "def len(x): return 1\n", "1", "2"
    ),
    "a star that hides a name": with_lib(
        "K = 0\nfrom lib.x import *\ndef f(): return K\n", "K = 1\n", "1", "2"
    ),
    "what a star brings": with_lib(
        "from lib.x import *\ndef f(): return _k\n", "__all__ = ['_k']\n_k = 1\n", "'_k'", "'_j'"
    ),
    "a name whose package is its own": Case(
        {FILE: "from lib.x import x\ndef f(): return x()\n", "lib/x.py": "def x(): return 1\n"},
        "1",
        "2",
    ),
    "an import inside of the function": with_lib(
        "def f():\n    from lib.x import g\n    return g()\n", G, "1", "2"
    ),
    "a module that is imported inside": with_lib(
        "def f():\n    import lib.x as m\n    return m.g()\n", G, "1", "2"
    ),
    "a module that an outer function imports": with_lib(
        "def f():\n    import lib.x as m\n    def h(): return m.g()\n    return h()\n", G, "1", "2"
    ),
    "a module that is imported as a global": with_lib(
        "def s():\n    global m\n    import lib.x as m\ndef f():\n    s()\n    return m.g()\n",
        G,
        "1",
        "2",
    ),
    "a module that a class imports": with_lib(
        "class C:\n    import lib.x as m\ndef f(): return C.m.g()\n", G, "1", "2"
    ),
    "what is taken when a package is not installed": with_lib(
        "try:\n    from fast import g\nexcept ImportError:\n    from lib.x import g\n"
        "def f(): return g()\n",
        G,
        "1",
        "2",
    ),
    "a module under another name": with_lib(
        "import lib.x\nm = lib.x\ndef f(): return m.g()\n", G, "1", "2"
    ),
    "a folder of modules that is handed on": with_lib(
        "import lib.x\ndef h(p): return p.x.g()\ndef f(): return h(lib)\n", G, "1", "2"
    ),
    "a package that is handed on": Case(
        {
            FILE: "import lib\nimport lib.x\nm = lib\ndef f(): return m.x.g()\n",
            "lib/__init__.py": "",
            "lib/x.py": G,
        },
        "1",
        "2",
    ),
    "which of two modules a file is": Case(
        {
            FILE: "import near, other\ndef f(): return near.L\n",
            "assets/risk/near.py": "L = []\n",
            "other.py": "import near\nnear.L.append(1)\n",
        },
        "import near\n",
        "import assets.risk.near as near\n",
    ),
    "a module that is handed on": with_lib(
        "import lib.x\ndef h(m): return m.g()\ndef f(): return h(lib.x)\n", G, "1", "2"
    ),
    "a function under another name elsewhere": Case(
        {
            FILE: "from lib.y import h\ndef f(): return h()\n",
            "lib/y.py": "import lib.x\nh = lib.x.g\n",
            "lib/x.py": G,
        },
        "1",
        "2",
    ),
    "a circle of imports": Case(
        {
            FILE: "from lib.x import g\ndef f(): return g()\ndef k(): return 1\n",
            "lib/x.py": "def g():\n    from assets.risk.models import k\n    return k()\n",
        },
        "1",
        "2",
    ),
    "an attribute that a module makes up": with_lib(
        "import lib.x\ndef f(): return lib.x.k\n", "def __getattr__(name): return 1\n", "1", "2"
    ),
    "a module of the standard library that the project hides": Case(
        {FILE: "import statistics\ndef f(): return statistics.g()\n", "statistics.py": G}, "1", "2"
    ),
    "an else of TYPE_CHECKING": alone(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    K = 1\nelse:\n    K = 2\n"
        "def f(): return K\n",
        "2",
        "3",
    ),
    # what cannot be followed
    "globals()": alone("K = 1\ndef f(n): return globals()[n]\n", "1", "2"),
    "vars() of a module": with_lib("import lib.x\ndef f(n): return vars(lib.x)[n]\n", G, "1", "2"),
    "getattr with a name": with_lib(
        "import lib.x\ndef f(): return getattr(lib.x, 'g')\n", G, "1", "2"
    ),
    "getattr with any name": with_lib(
        "import lib.x\ndef f(n): return getattr(lib.x, n)\n", G, "1", "2"
    ),
    "eval()": alone("K = 1\ndef f(t): return eval(t)\n", "1", "2"),
    "exec()": alone("K = 1\nexec('L = 1')\ndef f(): return L\n", "L = 1", "L = 2"),
    "import_module with a name": with_lib(
        "import importlib\ndef f(): return importlib.import_module('lib.x').g()\n", G, "1", "2"
    ),
    "import_module with any name": with_lib(
        "import importlib\ndef f(n): return importlib.import_module(n).g()\n", G, "1", "2"
    ),
    "__import__": with_lib("def f(): return __import__('lib.x').x.g()\n", G, "1", "2"),
    "sys.modules": with_lib(
        "import sys, lib.x\ndef f(n): return sys.modules[n].g()\n", G, "1", "2"
    ),
    "a module's __dict__": with_lib(
        "import lib.x\ndef f(n): return lib.x.__dict__[n]\n", G, "1", "2"
    ),
    "__subclasses__": Case(
        {
            FILE: "from lib.x import B\nimport lib.y\ndef f(): return B.__subclasses__()\n",
            "lib/x.py": "class B: pass\n",
            "lib/y.py": "from lib.x import B\nclass C(B):\n    k = 1\n",
        },
        "1",
        "2",
    ),
    "a path of a module in a text": with_lib("def f(make): return make('lib.x:g')\n", G, "1", "2"),
    "a variable in a query": alone(
        "K = 1\ndef f(rows): return rows.query('amount > @K')\n", "K = 1", "K = 2"
    ),
    "a table in SQL": alone(
        "import duckdb\nT = [1]\ndef f(): return duckdb.sql('SELECT * FROM T')\n", "[1]", "[2]"
    ),
    "a table in SQL that stands in another module": Case(
        {
            FILE: "import duckdb\nfrom lib.x import Q\nT = [1]\ndef f(): return duckdb.sql(Q)\n",
            "lib/x.py": "Q = 'SELECT * FROM T'\n",
        },
        "[1]",
        "[2]",
    ),
    "a folder that imports look into as well": Case(
        {
            FILE: "import sys\nsys.path.append('src')\nimport near\ndef f(): return near.g()\n",
            "src/near.py": G,
        },
        "1",
        "2",
    ),
    "attributes that a library makes up": Case(
        {
            FILE: "import lib\ndef f(): return lib.g()\n",
            "lib/__init__.py": "import lazy\n__getattr__, __all__ = lazy.attach('x', ['g'])\n",
            "lib/x.py": G,
        },
        "1",
        "2",
    ),
    "import_module of a name in another package": Case(
        {
            FILE: "import importlib\ndef f(): return importlib.import_module('.x', 'lib').g()\n",
            "lib/x.py": G,
        },
        "1",
        "2",
    ),
    "a copy on import": alone(
        "import shutil\nD = shutil.copy('a', 'b')\ndef f(): 0\n", "'b'", "'c'"
    ),
    "a docstring that is read": alone("def f():\n    'a'\n    return f.__doc__\n", "'a'", "'b'"),
    "a docstring of the module that is read": alone("'a'\ndef f(): return __doc__\n", "'a'", "'b'"),
    "annotations that are read": alone(
        "import typing\ndef g(x: int): pass\ndef f(): return typing.get_type_hints(g)\n",
        "int",
        "str",
    ),
    "source that is read": alone(
        "import inspect\ndef g(): pass  # a\ndef f(): return inspect.getsource(g)\n", "# a", "# b"
    ),
    "annotations that a library may read": alone(
        "import duckdb\ndef g(x: int): return x\ndef f(c): c.create_function('g', g)\n",
        "int",
        "str",
    ),
    "annotations that a decorator may read": alone(
        "import typeguard\n@typeguard.typechecked\ndef g(x: int): return x\ndef f(): return g(1)\n",
        "int",
        "str",
    ),
    "a docstring that a decorator may read": alone(
        "from agents import tool\n@tool\ndef g():\n    'Say hello.'\ndef f(): return g()\n",
        "hello",
        "goodbye",
    ),
    "a module that cannot be read": with_lib(FROM, "def g(: return 1\n", "1", "2"),
    "what such a module imports": Case(
        {
            FILE: FROM,
            "lib/x.py": "from lib.y import h\ndef g(: h()\n",
            "lib/y.py": "def h(): return 1\n",
        },
        "1",
        "2",
    ),
    "a file that cannot be read": alone("K = 1\ndef f(: return K\n", "1", "2"),
    "a function that is made on import": alone(
        "def make():\n    def f(): return 1\n    return f\nglobals()['f'] = make()\n", "1", "2"
    ),
    # data
    "a file that is opened": Case(
        {FILE: "def f(): return open('lib/w.json').read()\n", "lib/w.json": "1"}, "1", "2"
    ),
    "a file by a path": Case(
        {
            FILE: "from pathlib import Path\ndef f(): return Path('lib/w.json').read_text()\n",
            "lib/w.json": "1",
        },
        "1",
        "2",
    ),
    "a file beside the module": Case(
        {
            FILE: "from pathlib import Path\nHERE = Path(__file__).resolve().parent\n"
            "def f(): return (HERE / 'data' / 'w').read_text()\n",
            "assets/risk/data/w": "1",
        },
        "1",
        "2",
    ),
    "a file beside another module": Case(
        {
            FILE: "from lib.x import HERE\ndef f(): return open(HERE / 'w' / 'v')\n",
            "lib/x.py": "from pathlib import Path\nHERE = Path(__file__).parent.parent / 'u'\n",
            "u/w/v": "1",
        },
        "1",
        "2",
    ),
    "a file by os.path": Case(
        {
            FILE: "import os\n"
            "def f(): return open(os.path.join(os.path.dirname(__file__), 'd', 'w'))\n",
            "assets/risk/d/w": "1",
        },
        "1",
        "2",
    ),
    "a file of a package": Case(
        {
            FILE: "from importlib import resources\n"
            "def f(): return resources.files('lib.data').joinpath('w').read_text()\n",
            "lib/data/w": "1",
        },
        "1",
        "2",
    ),
    "a file that a library opens": Case(
        {FILE: "import pandas as pd\ndef f(): return pd.read_csv('lib/w.csv')\n", "lib/w.csv": "1"},
        "1",
        "2",
    ),
    "a file whose name is a constant elsewhere": Case(
        {
            FILE: "from lib.x import W\ndef f(): return open(W)\n",
            "lib/x.py": "W = 'lib/w.json'\n",
            "lib/w.json": "1",
        },
        "1",
        "2",
    ),
}

STAYS: dict[str, Case] = {
    "a comment": alone("def f(): return 1  # a\n", "# a", "# b"),
    "a docstring": alone("def f():\n    'a'\n    return 1\n", "'a'", "'b'"),
    "a docstring that comes": alone(
        "def f():\n    return 1\n", "    return", "    'a'\n    return"
    ),
    "a docstring of a module": alone("'a'\ndef f(): return 1\n", "'a'", "'b'"),
    "a docstring of a class": alone("class C:\n    'a'\ndef f(): return C()\n", "'a'", "'b'"),
    "formatting": alone("def f(): return [1,2]\n", "[1,2]", "[\n    1,\n    2,\n]"),
    "parentheses": alone("def f(x): return x + 1\n", "x + 1", "(x) + (1)"),
    "quotes": alone("def f(): return 'a'\n", "'a'", '"a"'),
    "how a number is written": alone("def f(): return 1000\n", "1000", "1_000"),
    "another function": alone(G + "def f(): return 2\n", "1", "3"),
    "another constant": alone("K = 1\ndef f(): return 2\n", "1", "3"),
    "another constant that is computed": alone("K = 1 + 1\ndef f(): return 2\n", "1 + 1", "3 * 4"),
    "another class": alone("class C:\n    k = 1\ndef f(): return 2\n", "1", "3"),
    "another class with a parent": alone(
        "class B: pass\nclass C(B):\n    k = 1\ndef f(): return 2\n", "1", "3"
    ),
    "another dataclass": alone(
        "from dataclasses import dataclass, field\n@dataclass\nclass C:\n"
        "    k: list = field(default_factory=list)\n    n: int = 1\ndef f(): return 2\n",
        "= 1",
        "= 3",
    ),
    "another asset": alone(
        "from freshline import asset\n@asset(key='a.b')\ndef g(): return 1\n"
        "@asset\ndef f(): pass\n",
        "1",
        "2",
    ),
    "what Freshline's decorator says": alone(
        "from freshline import asset\n@asset(owner='a')\ndef f(): return 1\n", "'a'", "'b'"
    ),
    "the same by another import": alone(
        "import freshline as fl\n@fl.asset(owner='a')\ndef f(): return 1\n", "'a'", "'b'"
    ),
    "the order of functions": alone(
        "def g(): return 1\ndef h(): return 2\ndef f(): return g() + h()\n",
        "def g(): return 1\ndef h(): return 2\n",
        "def h(): return 2\ndef g(): return 1\n",
    ),
    "the order of constants": alone(
        "A = 1\nB = 2\ndef f(): return A, B\n", "A = 1\nB = 2", "B = 2\nA = 1"
    ),
    "the order of imports": Case(
        {
            FILE: "import p\nimport q\ndef f(): return p.k, q.k\n",
            "p.py": "k = 1\n",
            "q.py": "k = 2\n",
        },
        "import p\nimport q",
        "import q\nimport p",
    ),
    "imports on one line": Case(
        {FILE: "from p import a, b\ndef f(): return a, b\n", "p.py": "a = b = 1\n"},
        "from p import a, b",
        "from p import b\nfrom p import a",
    ),
    "a relative import that becomes absolute": Case(
        {
            FILE: "from lib.x import g\ndef f(): return g()\n",
            "lib/x.py": "from .y import g\n",
            "lib/y.py": G,
        },
        ".y",
        "lib.y",
    ),
    "another function of a module": with_lib(FROM, G + "def h(): return 2\n", "2", "3"),
    "a module that another function uses": with_lib(
        "import lib.x\ndef h(): return lib.x.g()\ndef f(): return 2\n", G, "1", "3"
    ),
    "types for a plain function": alone(
        "def g(x): return x\ndef f(): return g(1)\n", "g(x):", "g(x: int) -> int:"
    ),
    "types for a constant": alone("K = 1\ndef f(): return K\n", "K = 1", "K: int = 1"),
    "types inside of a function": alone(
        "def f():\n    k = 1\n    return k\n", "k = 1", "k: int = 1"
    ),
    "an annotation that becomes a string": alone("def f(x: int): return x\n", ": int", ": 'int'"),
    "what is there for type checkers only": alone(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a import B\n"
        "def f(): return 1\n",
        "B",
        "C",
    ),
    "the same as an attribute": alone(
        "import typing\nif typing.TYPE_CHECKING:\n    from a import B\ndef f(): return 1\n",
        "B",
        "C",
    ),
    "a script at the end": alone(
        "def f(): return 1\nif __name__ == '__main__':\n    print(2)\n", "2", "3"
    ),
    "a global with the name of a parameter": alone("x = 1\ndef f(x): return x\n", "1", "2"),
    "a global with the name of a local": alone(
        "x = 1\ndef f():\n    x = 5\n    return x\n", "1", "2"
    ),
    "a global with the name of a loop's": alone(
        "x = 1\ndef f(): return [x for x in (3, 4)]\n", "1", "2"
    ),
    "a global with the name of a lambda's parameter": alone(
        "x = 1\ndef f(): return lambda x: x\n", "1", "2"
    ),
    "a global with the name of a captured": alone(
        "x = 1\ndef f(v):\n    match v:\n        case [x]: return x\n", "1", "2"
    ),
    "a global with the name of an exception": alone(
        "e = 1\ndef f():\n    try: pass\n    except OSError as e: return e\n", "1", "2"
    ),
    "a global with the name of an outer function's local": alone(
        "x = 1\ndef f():\n    x = 3\n    def g(): return x\n    return g()\n", "1", "2"
    ),
    "a logger beside": alone(
        "import logging\nlog = logging.getLogger('a')\ndef f(): return 1\n", "'a'", "'b'"
    ),
    "a file that nobody opens": Case(
        {FILE: "def f(): return 1\ndef g(): return open('w.json')\n", "w.json": "1"}, "1", "1"
    )._replace(
        files={FILE: "def f(): return 0\ndef g(): return open('w.json')\n", "w.json": "1"},
        old="1",
        new="2",
    ),
    "a query that names columns only": alone(
        "K = 1\ndef f(rows): return rows.query('amount > 3')\n", "K = 1", "K = 2"
    ),
}


@pytest.mark.parametrize("case", CHANGES.values(), ids=CHANGES)
def test_a_code_version_changes_with(case: Case) -> None:
    assert of(case.files).text != of(edited(case)).text


@pytest.mark.parametrize("case", STAYS.values(), ids=STAYS)
def test_a_code_version_stays_with(case: Case) -> None:
    assert of(case.files).text == of(edited(case)).text


@pytest.mark.parametrize("case", CHANGES.values(), ids=CHANGES)
def test_what_is_asked_of_many_functions_is_what_is_asked_of_one(case: Case) -> None:
    modules = [file for file in case.files if file.endswith(".py")]
    shared = Reach(case.files.get, FOLDERS, lambda: modules)
    shared.reached(FILE, "another")
    assert shared.reached(FILE, "f") == of(case.files)


def test_the_text_reads_as_code() -> None:
    files = {
        FILE: "from lib.x import g as h\nK = 1\n"
        "def f(rows: 'list[dict]'):\n    'Doc.'\n    return h(K)\n",
        "lib/x.py": "import numpy as np\ndef g(k: int):\n    return np.log(k)  # why\n",
    }
    assert of(files).text == (
        "#: entry assets.risk.models.f\n\n"
        "#: constant assets.risk.models.K\nK = 1\n"
        "#: function assets.risk.models.f\ndef f(rows: list[dict]):\n    return h(K)\n"
        "#: import assets.risk.models.h\nfrom lib.x import g as h\n"
        "#: function lib.x.g\ndef g(k):\n    return np.log(k)\n"
        "#: import lib.x.np\nimport numpy as np\n"
    )
