"""Each code that Freshline may answer with is shown by a case, so that people have read it once."""

import re
from pathlib import Path

from freshline import errors
from freshline.codes import CODES

_HERE = Path(__file__).parent
_PATTERNS = (
    "declare/*/expected.txt",
    "sql/*/expected.txt",
    "code/*/expected.txt",
    "asset_tests/*.txt",
)
# What only a broken disk, a race, a clock, or a fault of ours brings about: tried where those are
# made. The command line shows the findings of F100 in its place.
_NOT_BY_TYPING = {
    *("F100", "F320", "F400", "F401", "F403", "F404", "F500", "F501", "F502", "F503", "F504"),
    *("F600", "F900"),
}


def _opening(text: str, kind: str) -> set[str]:
    """Return the codes that open a line: those of findings, not those quoted within them."""
    return set(re.findall(rf"^ *([{kind}]\d\d\d) ", text, re.MULTILINE))


def _texts(*patterns: str) -> str:
    paths = [path for pattern in patterns for path in sorted(_HERE.glob(pattern))]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_code_of_a_finding_is_shown_by_a_case() -> None:
    shown = _opening(_texts(*_PATTERNS), "EW")
    assert shown == set(CODES)
    assert len(shown) >= 40


def test_every_error_of_a_command_that_typing_brings_about_is_shown_in_a_session() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    known = {kind.code for kind in kinds if issubclass(kind, errors.FreshlineError)}
    shown = _opening(_texts("sessions/*.session"), "F")
    assert shown <= known
    assert known - shown - {errors.FreshlineError.code} <= _NOT_BY_TYPING
