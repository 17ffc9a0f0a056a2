"""Colours of the pages: text and marks can be told from their ground, in light and in dark."""

import re

import pytest

from freshline_catalog.server.formatting import TONES
from freshline_catalog.server.static import FOLDER

TEXT, MARK = 4.5, 3.0
CSS = (FOLDER / "tokens.css").read_text()


def block(start: str) -> dict[str, str]:
    """Return the colours that a rule of the style sheet sets."""
    at = CSS.index(start)
    body = CSS[CSS.index("{", at) : CSS.index("}", at)]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", body))


LIGHT = block(":root {")
DARK = {**LIGHT, **block(':root[data-theme="dark"] {')}
SYSTEM_DARK = {**LIGHT, **block(':root:not([data-theme="light"]) {')}
TINTS = ("fresh", "stale", "failed", "running", "none", "warn")
PAIRS: list[tuple[str, str, float]] = [
    *((ink, ground, TEXT) for ink in ("text", "muted", "accent") for ground in ("bg", "surface")),
    *((f"{name}-ink", f"{name}-tint", TEXT) for name in TINTS),
    *((f"{name}-ink", "bg", TEXT) for name in TINTS),
    *((name, "bg", MARK) for name in TINTS),
    *(("text", f"{name}-tint", TEXT) for name in TINTS),
    *(("muted", ground, TEXT) for ground in ("none-tint", "mark")),
    *(
        (f"code-{name}", "surface", TEXT)
        for name in ("keyword", "string", "number", "comment", "name")
    ),
    ("text", "mark", TEXT),
    ("accent", "mark", TEXT),
    ("on-accent", "accent", TEXT),
    ("strong", "bg", MARK),
    ("accent", "bg", MARK),
]


def luminance(colour: str) -> float:
    """Return the relative luminance of a colour, as WCAG 2 defines it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_measured_as_the_standard_has_it() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize(("ink", "ground", "least"), PAIRS)
def test_a_colour_can_be_told_from_its_ground(
    ink: str, ground: str, least: float, theme: dict[str, str]
) -> None:
    found = contrast(theme[ink], theme[ground])
    assert found >= least, f"{ink} on {ground}: {found:.2f}"


def test_dark_is_the_same_whether_the_system_or_the_reader_wants_it() -> None:
    assert DARK == SYSTEM_DARK
    assert DARK.keys() == LIGHT.keys()


def test_every_colour_of_a_word_is_in_the_style_sheet() -> None:
    sheet = (FOLDER / "freshline.css").read_text()
    for colour in {tone.colour for tone in TONES.values()}:
        assert f".is-{colour} {{" in sheet and f"{colour}-tint" in LIGHT


def test_styles_name_no_colour_that_is_not_a_token() -> None:
    for path in FOLDER.glob("*.css"):
        if path.name != "tokens.css":
            assert not re.search(r"#[0-9a-fA-F]{3,8}\b", path.read_text()), path.name
            used = set(re.findall(r"var\(--([\w-]+)", path.read_text()))
            assert used <= {*re.findall(r"--([\w-]+):", CSS), "counter-mark"}, path.name
