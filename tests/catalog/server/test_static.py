"""Static files: each is what it was vendored as, lasts in a browser, and nothing else is served."""

import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from tests.catalog.server.conftest import Served

from freshline_catalog.server.icons import FOLDER as ICONS
from freshline_catalog.server.icons import GLYPHS, glyph, icon
from freshline_catalog.server.static import FOLDER, StaticFiles

FILES = StaticFiles()
MANIFEST = json.loads((FOLDER / "vendor/manifest.json").read_text())
MOST_PACKED = 150 * 1024  # of all that an ordinary page may load


def test_what_is_vendored_is_what_was_published() -> None:
    said = {name: digest for package in MANIFEST for name, digest in package["files"].items()}
    found = {
        path.relative_to(FOLDER / "vendor").as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in (FOLDER / "vendor").rglob("*")
        if path.is_file() and path.name != "manifest.json"
    }
    assert found == said


@pytest.mark.parametrize("package", MANIFEST, ids=[p["package"] for p in MANIFEST])
def test_every_vendored_package_has_its_licence_and_version(package: dict[str, str]) -> None:
    text = (FOLDER / "vendor" / package["licence_text"]).read_text()
    assert re.search("permission|licen[sc]e", text, re.IGNORECASE)
    assert re.fullmatch(r"\d+\.\d+\.\d+", package["version"])
    assert package["licence"] in ("OFL-1.1", "0BSD", "MIT", "ISC")


def test_a_file_lasts_for_as_long_as_its_address(client: Served) -> None:
    answer = client(None).get(FILES.url("freshline.css"))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.content == FILES.files["freshline.css"]


def test_who_cannot_unpack_gets_it_as_it_is(client: Served) -> None:
    asked = {"accept-encoding": "identity"}
    answer = client(None).get(FILES.url("freshline.js"), headers=asked)
    assert "content-encoding" not in answer.headers
    assert answer.content == FILES.files["freshline.js"]


ABSENT = {
    "of another content": "/static/0123456789abcdef/freshline.css",
    "that is not there": f"/static/{FILES.digest}/other.css",
    "of a folder": f"/static/{FILES.digest}/vendor",
    "above the folder": f"/static/{FILES.digest}/../templates/base.html",
    "above the folder, quoted": f"/static/{FILES.digest}/..%2f..%2fsql%2fentries.sql",
    "above the folder, quoted twice": f"/static/{FILES.digest}/%252e%252e/base.html",
    "with another slash": f"/static/{FILES.digest}/..\\templates\\base.html",
    "of the machine": f"/static/{FILES.digest}//etc/passwd",
    "with a NUL": f"/static/{FILES.digest}/freshline.css%00.js",
    "of no name": f"/static/{FILES.digest}/",
}


@pytest.mark.parametrize("address", ABSENT.values(), ids=ABSENT)
def test_there_is_no_file(address: str, client: Served) -> None:
    answer = client(None).get(address)
    assert answer.status_code == 404
    assert b"passwd" not in answer.content


def test_the_address_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("a{}")
    (tmp_path / "b.js").write_text("1")
    before = StaticFiles(tmp_path).digest
    (tmp_path / "b.js").write_text("2")
    assert StaticFiles(tmp_path).digest != before


def test_asking_for_a_file_that_is_not_there_is_a_fault_of_ours() -> None:
    with pytest.raises(KeyError, match=re.escape("no static file 'other.css'")):
        FILES.url("other.css")


def test_modules_import_nothing_that_is_not_there() -> None:
    for name, content in FILES.files.items():
        if name.endswith(".js") and "/" not in name:
            for wanted in re.findall(r'^import .*?"\./(.+?)"', content.decode(), re.MULTILINE):
                assert wanted in FILES.files, f"{name} imports {wanted}"


def test_styles_ask_for_nothing_that_is_not_there() -> None:
    for name, content in FILES.files.items():
        if name.endswith(".css"):
            for wanted in re.findall(r'url\("?([^")]+)', content.decode()):
                assert wanted in FILES.files, f"{name} asks for {wanted}"


def test_what_every_page_loads_is_small() -> None:
    """The font, the styles and the modules: what a first visit costs beside the page itself."""
    names = [name for name in FILES.files if "/" not in name and name.endswith((".css", ".js"))]
    names += ["vendor/idiomorph/idiomorph.min.js", "vendor/inter/inter-latin-wght-normal.woff2"]
    packed = sum(len(FILES.packed.get(name, FILES.files[name])) for name in names)
    assert packed < MOST_PACKED * 0.6, f"{packed / 1024:.0f} KiB"
    assert all(gzip.decompress(FILES.packed[n]) == FILES.files[n] for n in FILES.packed)


def test_icons_are_drawn_in_the_colour_of_the_text() -> None:
    for path in ICONS.glob("*.svg"):
        drawn = icon(path.stem)
        assert drawn.startswith('<svg class="icon" viewBox="0 0 24 24" aria-hidden="true">')
        assert "<!--" not in drawn and "stroke=" not in drawn and drawn.count("<svg") == 1


@pytest.mark.parametrize("name", GLYPHS)
def test_glyphs_have_no_colour_of_their_own(name: str) -> None:
    assert not re.search(r"#[0-9a-f]{3}|style=", glyph(name))
