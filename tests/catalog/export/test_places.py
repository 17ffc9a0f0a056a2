"""Where each page lies: names that cannot collide, and addresses that lead to the nearest file."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline_catalog.export.places import (
    Place,
    Places,
    asset_file,
    colliding,
    list_file,
    name_of,
    relative,
    thing_file,
)

PLACES = Places(
    assets={"marts.daily": "table", "raw.orders": "source", "marts.daily.x": "view", "42": "table"},
    gathered={
        "owner": frozenset({"sales"}),
        "group": frozenset({"marts/eu"}),
        "tag": frozenset({"pii"}),
    },
    runs=frozenset({"0a1b"}),
)
DAILY = "assets/marts.daily"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        pytest.param("marts.daily", "marts.daily", id="a plain key is its own name"),
        pytest.param("index", "index", id="index is a folder, and no list"),
        pytest.param("columns.html", "columns.html", id="a file's name is a folder"),
        pytest.param("index.html", r"index-html~\w{10}", id="but not that of the list"),
        pytest.param("Marts.Daily", r"marts-daily~\w{10}", id="upper case is told apart"),
        pytest.param("con", r"con~\w{10}", id="the name of a device"),
        pytest.param("aux.daily", r"aux-daily~\w{10}", id="or what only begins like one"),
        pytest.param("marts.", r"marts~\w{10}", id="a dot at the end is lost on some disks"),
        pytest.param("..", r"x~\w{10}", id="no way up"),
        pytest.param("", r"x~\w{10}", id="nothing"),
        pytest.param("a/../../b", r"a-b~\w{10}", id="no way out"),
        pytest.param("überfällig", r"berf-llig~\w{10}", id="letters that disks write in two ways"),
        pytest.param("a" * 81, r"a{40}~\w{10}", id="too long for some disks"),
        pytest.param("a~b", r"a-b~\w{10}", id="what looks like a name with a digest"),
        pytest.param("\ud800", r"x~\w{10}", id="half of a character"),
    ],
)
def test_the_name_of_a_key(key: str, name: str) -> None:
    assert re.fullmatch(name, name_of(key))


@given(st.lists(st.text(), max_size=20, unique=True))
def test_no_two_keys_are_one_on_a_disk_that_does_not_tell_cases(keys: list[str]) -> None:
    assert colliding([*map(asset_file, keys), list_file("assets")]) == ()
    names = [name_of(key) for key in keys]
    assert all(re.fullmatch(r"[a-z0-9_.~-]{1,80}", name) for name in names)
    assert not any(name.startswith(".") or name.endswith(".") for name in names)


def test_files_that_are_one_are_found() -> None:
    assert colliding(["a/B.html", "c.html", "a/b.html"]) == ("a/b.html",)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("/", ("index.html", "")),
        ("/#attention", ("index.html", "attention")),
        ("/assets", ("assets/index.html", "")),
        ("/assets?status=stale&status=missing", ("assets/index.html", "")),
        ("/assets?owner=sales", ("owners/sales/index.html", "")),
        ("/assets?owner=sales&tag=pii", ("assets/index.html", "")),
        ("/assets?owner=nobody", ("assets/index.html", "")),
        ("/assets/marts.daily", (f"{DAILY}/index.html", "")),
        ("/assets/marts.daily#columns", (f"{DAILY}/index.html", "columns")),
        ("/assets/marts.daily/columns", (f"{DAILY}/columns.html", "")),
        ("/assets/marts.daily/columns?col=a%20b", (f"{DAILY}/columns.html", "a%20b")),
        ("/assets/marts.daily/lineage?up=3", (f"{DAILY}/lineage.html", "")),
        ("/assets/marts.daily/checks#check-x", (f"{DAILY}/checks.html", "check-x")),
        ("/assets/marts.daily/rows", None),
        ("/assets/raw.orders/runs", None),
        ("/assets/gone", None),
        ("/assets/..%2F..%2Fetc", None),
        ("/impact?select=marts.daily", (f"{DAILY}/impact.html", "")),
        ("/impact?select=%2242%22&col=x", ("assets/42/impact.html", "")),
        ("/impact", None),
        ("/lineage", ("lineage/index.html", "")),
        ("/lineage?select=marts.daily&up=9", (f"{DAILY}/lineage.html", "")),
        ("/lineage?select=tag%3Apii", ("lineage/index.html", "")),
        ("/lineage?column=marts.daily.x.y", ("assets/marts.daily.x/columns.html", "y")),
        ("/lineage?column=gone.y", None),
        ("/lineage.svg?select=marts.daily", None),
        ("/runs", ("runs/index.html", "")),
        ("/runs/0a1b#step-marts.daily", ("runs/0a1b/index.html", "step-marts.daily")),
        ("/runs/0a1b/log?line=3#L3", ("runs/0a1b/index.html", "L3")),
        ("/runs/older", None),
        ("/checks?owner=sales", ("checks/index.html", "")),
        ("/owners/sales", ("owners/sales/index.html", "")),
        ("/groups/marts%2Feu", (thing_file("groups", "marts/eu"), "")),
        ("/groups/marts/eu", (thing_file("groups", "marts/eu"), "")),
        ("/tags/none", None),
        ("/events", None),
        ("/materialize?select=marts.daily", None),
        ("/static/tokens.css", ("static/tokens.css", "")),
    ],
)
def test_an_address_leads_to_the_nearest_file(address: str, place: tuple[str, str] | None) -> None:
    found = PLACES.find(address)
    assert (found and (found.file, found.fragment)) == place


def test_files_say_each_other_without_a_root() -> None:
    assert relative("index.html", Place("assets/index.html")) == "assets/index.html"
    assert relative("assets/a/runs.html", Place("index.html", "x")) == "../../index.html#x"
