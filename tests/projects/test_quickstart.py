"""The project that `freshline init` writes is one that people can look at in the repository."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

QUICKSTART = Path(__file__).parents[2] / "projects" / "quickstart"
# What a run leaves behind in a project is not part of it.
LEFT_BEHIND = {".freshline", "views.duckdb"}


def contents(folder: Traversable, prefix: str = "") -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name not in LEFT_BEHIND:
            found |= contents(entry, f"{prefix}{entry.name}/")
        elif entry.is_file() and entry.name not in LEFT_BEHIND:
            found[prefix + entry.name] = entry.read_bytes()
    return found


def test_the_template_is_the_quickstart_project_byte_for_byte() -> None:
    template = contents(files("freshline.cli") / "template")
    assert "freshline.yaml" in template
    assert template == contents(QUICKSTART)
