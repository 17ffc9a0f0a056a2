"""The pictures of the documentation can be taken, and those that are there are sound."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser.pictures import INTO, PICTURES, take
from tests.browser.served import Served

# A page without anything on it takes less than the one, a picture of the documentation no more
# than the other.
LEAST, MOST = 20 * 1024, 200 * 1024
SIGNATURE = b"\x89PNG\r\n\x1a\n"


def test_every_picture_can_be_taken(browser: Browser, flights: Served, tmp_path: Path) -> None:
    taken = take(browser, flights, tmp_path / "pictures")
    assert [file.stem for file in taken] == [picture.name for picture in PICTURES]
    for file in taken:
        assert LEAST < file.stat().st_size <= MOST, file.name


@pytest.mark.parametrize("name", [picture.name for picture in PICTURES])
def test_the_documentation_has_every_picture(name: str) -> None:
    data = (INTO / f"{name}.png").read_bytes()
    assert data.startswith(SIGNATURE)
    assert LEAST < len(data) <= MOST
