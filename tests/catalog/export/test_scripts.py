"""Modules as one classic script."""

import pytest

from freshline.errors import InternalError
from freshline_catalog.export.exporting import SCRIPTS
from freshline_catalog.export.scripts import classic
from freshline_catalog.server.static import StaticFiles


def test_each_module_comes_once_behind_what_it_imports() -> None:
    files = {
        "say.js": b"export function say() {}\nlet line = 1;\n",
        "a.js": b'import { say } from "./say.js";\nsay();\n',
        "b.js": b'import "./a.js";\nimport { say } from "./say.js";\nlet line = 2;\n',
    }
    made = classic(files, "b.js", "a.js")
    places = [made.index(f"modules['{name}'] =") for name in ("say.js", "a.js", "b.js")]
    assert places == sorted(places)
    assert made.count("modules['say.js'] =") == 1
    assert "const { say } = modules['say.js'];" in made
    assert "return { say };" in made


@pytest.mark.parametrize(
    "text", ['import say from "./say.js";', 'import "https://x.example/y.js";', "export default 1;"]
)
def test_what_it_does_not_know_it_refuses(text: str) -> None:
    with pytest.raises(InternalError, match=r"a\.js"):
        classic({"a.js": text.encode()}, "a.js")


def test_our_own_can_be_had() -> None:
    assert classic(StaticFiles().files, *SCRIPTS).count("] = (() => {") > len(SCRIPTS)
