"""The page of diagnostics: every code, with the case of the test suite that shows it best."""

import re
from pathlib import Path

from docs.generate.markdown import page, prose

from freshline import errors
from freshline.codes import CODES

_ROOT = Path(__file__).resolve().parents[2]
# Which asset a finding sets aside: no part of what people see.
_OF = re.compile(r" +(error|warning) of ").match
_GOLDEN = (
    "declare/*/expected.txt",
    "sql/*/expected.txt",
    "code/*/expected.txt",
    "asset_tests/*.txt",
)


def diagnostics() -> str:
    """Return the page of all codes, each with a case from the tests that shows it."""
    lines = [
        "# Diagnostics",
        "",
        *prose("""
        Everything that `freshline validate` may find has a code that never changes its meaning: E1
        is about how things are written, E2 about what the SQL says, E3 about what is read, E4
        about unit tests; W5 is worth knowing and sets nothing aside. The cases below are those of
        the test suite.
        """),
    ]
    shown = _cases()
    for code, title in CODES.items():
        lines += ["", f"## {code}: {title}"]
        if code in shown:
            folder, text = shown[code]
            lines += ["", "```", *text, "```", "", f"From [{folder.name}](../../{_path(folder)})."]
    lines += ["", "## Errors of commands", "", "| code | |", "|---|---|"]
    lines += [
        f"| {kind.code} | {_first_sentence(kind)} |" for kind in _kinds(errors.FreshlineError)
    ]
    return page(lines)


def _cases() -> dict[str, tuple[Path, list[str]]]:
    """Return for each code the case that shows most in the fewest lines, of equals the first."""
    found: dict[str, tuple[tuple[bool, int], Path, list[str]]] = {}
    for pattern in _GOLDEN:
        for path in sorted((_ROOT / "tests" / "golden").glob(pattern)):
            place = path.parent if path.name == "expected.txt" else path.with_suffix(".yaml")
            for block in path.read_text(encoding="utf-8").split("\n\n"):
                code, text = block[:4], [line for line in block.splitlines() if not _OF(line)]
                is_plain = all(line.isprintable() and len(line) <= 140 for line in text)
                if code not in CODES or block[4:5] != " " or not is_plain:
                    continue
                points_nowhere = not any(line.strip(" ^") == "" and "^" in line for line in text)
                rank = (points_nowhere, len(text))
                if code not in found or rank < found[code][0]:
                    found[code] = (rank, place, text)
    return {code: (place, text) for code, (_, place, text) in found.items()}


def _kinds(root: type[errors.FreshlineError]) -> list[type[errors.FreshlineError]]:
    kinds = [root]
    for kind in kinds:
        kinds += [each for each in kind.__subclasses__() if each.__module__ == errors.__name__]
    return sorted(kinds[1:], key=lambda kind: kind.code)


def _first_sentence(kind: type) -> str:
    return (kind.__doc__ or "").partition("\n")[0]


def _path(path: Path) -> str:
    return path.relative_to(_ROOT).as_posix()
