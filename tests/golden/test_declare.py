"""Projects with their findings as text: one folder a case, `expected.txt` beside the project.

After a wanted change, `FRESHLINE_UPDATE_GOLDEN=1 pytest tests/golden/test_declare.py` writes the
files anew; the difference is then reviewed like any other.
"""

import os
from pathlib import Path

import pytest

from freshline.codes import CODES
from freshline.declare.project import read_project
from freshline.definitions import Declared
from freshline.errors import Diagnostic

CASES = Path(__file__).parent / "declare"
NAMES = sorted(case.name for case in CASES.iterdir() if case.is_dir())
# Of very many findings the first and the last ones say how all of them read.
_LISTED, _EITHER_END = 60, 2


def rendered(diagnostic: Diagnostic) -> str:
    span = diagnostic.span
    assert span is not None
    lines = [f"{diagnostic.code} {span} {diagnostic.message}"]
    if diagnostic.excerpt:
        margin = f"{span.line:>5} | "
        lines.append(margin + diagnostic.excerpt)
        lines.append(" " * len(margin) + " " * (span.column - 1) + "^" * span.length)
    lines += [f"    also {place}: {words}" for place, words in diagnostic.related]
    lines.append(f"    {diagnostic.severity} of {diagnostic.asset or 'the project'}")
    lines.append(f"    fix: {diagnostic.fix}")
    return "\n".join(lines)


def report(declared: Declared) -> str:
    lines = [rendered(diagnostic) + "\n" for diagnostic in declared.diagnostics]
    if len(lines) > _LISTED:
        between = f"({len(lines) - 2 * _EITHER_END} more findings here)\n"
        lines = [*lines[:_EITHER_END], between, *lines[-_EITHER_END:]]
    lines += [
        f"project: {declared.project.name}".rstrip(),
        f"assets:  {', '.join(a.key for a in declared.assets)}".rstrip(),
        f"sources: {', '.join(s.key for s in declared.sources)}".rstrip(),
        f"broken:  {', '.join(declared.broken)}".rstrip(),
    ]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_the_findings_of_a_project_read_as_expected(name: str) -> None:
    expected = CASES / name / "expected.txt"
    found = report(read_project(CASES / name))
    if os.environ.get("FRESHLINE_UPDATE_GOLDEN"):
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")


def test_every_code_of_a_finding_has_a_title_and_a_case() -> None:
    texts = [(CASES / name / "expected.txt").read_text(encoding="utf-8") for name in NAMES]
    shown = {line[:4] for text in texts for line in text.splitlines() if line[4:5] == " "}
    shown = {code for code in shown if code[:1] in "EW" and code[1:].isdigit()}
    ours = {code for code in CODES if code[:2] in ("E1", "W5")} | {"E301", "E302"}
    # What a file of data or SQL says is known later, and so is what code takes.
    assert shown <= set(CODES)
    later = {"W502", "W503", "W504", "W510", "W511", "W512", "W513", "W514"}
    assert ours - shown <= later | {"E121", "E123", "E125"}
