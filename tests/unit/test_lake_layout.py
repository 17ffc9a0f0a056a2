"""Names and paths in a lake: pure functions, and whatever people may try to smuggle in."""

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.errors import CorruptError, UsageError
from freshline.keys import Target
from freshline_adapters.lake import layout

SAFE_NAME = re.compile(r"[a-z0-9_%][a-z0-9_.%-]*|-[a-z0-9_.%-]*")
TARGET = Target("shop", "main", "marts.daily")
texts = st.text(
    st.one_of(st.sampled_from("./\\%:*?\"'\x00 \n~-_Aa0ü\ud800"), st.characters(codec=None)),
    min_size=1,
    max_size=12,
)


def test_an_unpartitioned_target_has_its_records_in_the_asset_s_folder() -> None:
    path = layout.record_file(TARGET, 42)
    assert path == "env/main/marts.daily/00000000000000000042.json"


def test_a_partition_has_a_folder_of_its_own() -> None:
    path = layout.record_file(TARGET._replace(partition="2024-01-01"), 1)
    assert path == "env/main/marts.daily/2024-01-01/00000000000000000001.json"


def test_data_lie_by_asset_and_build() -> None:
    assert layout.data_file("marts.daily", "0190-ab") == "data/marts.daily/0190-ab.parquet"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("2024-01-01", "2024-01-01", id="plain text stays as it is"),
        pytest.param("a/b", "a%2fb", id="a slash makes no folder"),
        pytest.param("..", "%2e%2e", id="two dots lead nowhere"),
        pytest.param("../../etc", "%2e%2e%2f%2e%2e%2fetc", id="a path is only a name"),
        pytest.param("/etc/passwd", "%2fetc%2fpasswd", id="nor is it absolute"),
        pytest.param("a\\b", "a%5cb", id="a backslash neither"),
        pytest.param("a\x00b", "a%00b", id="nul does not cut"),
        pytest.param("%2f", "%252f", id="an encoded name is encoded again"),
        pytest.param("DE", "%44%45", id="capitals differ from small letters everywhere"),
        pytest.param("con", "%63on", id="no device of Windows"),
        pytest.param("lpt1", "%6cpt1", id="nor a printer"),
        pytest.param("ü", "%c3%bc", id="other alphabets by their bytes"),
        pytest.param("\udce4", "%ed%b3%a4", id="what is no text at all too"),
        pytest.param("a" * 200, "a" * 200, id="the longest name"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert layout.plain_name(text) == name
    assert layout.text_of(name) == text


@pytest.mark.parametrize(
    "text", ["", "a" * 201, "ü" * 34], ids=["empty", "too long", "too long when encoded"]
)
def test_what_cannot_be_named_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        layout.plain_name(text)


@pytest.mark.parametrize(
    ("asset", "name"),
    [
        ("marts.daily", "marts.daily"),
        ("aux.orders", "%61ux.orders"),
        ("../x", "%2e%2e%2fx"),
        ("Marts.Daily", "%4darts%2e%44aily"),
        (".hidden", "%2ehidden"),
        ("a..b", "a%2e%2eb"),
    ],
)
def test_asset_names(asset: str, name: str) -> None:
    assert layout.asset_name(asset) == name
    assert layout.asset_of(name) == asset


@pytest.mark.parametrize(
    "name",
    [
        ".DS_Store",
        "Main",
        "a b",
        "%2E",
        "%zz",
        "a%",
        "con",
        "",
        "x" * 300,
        "A" * 150,
        "\udce4",
        "00000000000000000001.json",
    ],
)
def test_foreign_names_are_nobody_s(name: str) -> None:
    assert layout.text_of(name) is None


@given(texts, texts)
def test_different_texts_have_different_names(one: str, other: str) -> None:
    if one != other:
        assert layout.plain_name(one).lower() != layout.plain_name(other).lower()


@given(texts)
def test_every_name_is_safe_and_leads_back(text: str) -> None:
    for name, back in (
        (layout.plain_name(text), layout.text_of),
        (layout.asset_name(text), layout.asset_of),
    ):
        assert SAFE_NAME.fullmatch(name)
        assert back(name) == text
        assert layout.number_of(name) is None or name.isdigit()


@given(texts)
def test_no_partition_looks_like_a_record_or_a_draft(text: str) -> None:
    name = layout.plain_name(text)
    assert layout.number_of(name) is None
    assert not name.startswith(".")


@given(texts, st.integers(1, 10**20 - 1))
def test_records_stay_in_their_folder_and_keep_their_number(partition: str, number: int) -> None:
    target = TARGET._replace(partition=partition)
    folder, _, name = layout.record_file(target, number).rpartition("/")
    assert folder == layout.pointer_folder(target)
    assert folder.startswith("env/main/marts.daily/")
    assert layout.number_of(name) == number


@given(texts, texts)
def test_a_data_file_is_found_below_the_root(asset: str, mat_id: str) -> None:
    path = layout.data_file(asset, mat_id)
    assert layout.below_root("/lake", path) == f"/lake/{path}"
    assert path.startswith(layout.data_folder(asset) + "/")


@pytest.mark.parametrize(
    "path",
    [
        "",
        "data",
        "data/",
        "/etc/passwd",
        "../x.parquet",
        "data/../env/x",
        "data/a/../../b",
        "data/./x",
        "data/.hidden",
        "data//x",
        "data/a b",
        "data/a\\b",
        "data/x'",
        "data/x\n",
        "data/x\x00",
        "env/main/a/00000000000000000001.json",
        "s3://bucket/data/x",
        "data/*",
        "data/[x]",
    ],
)
def test_a_record_cannot_name_a_file_elsewhere(path: str) -> None:
    with pytest.raises(CorruptError) as caught:
        layout.below_root("/lake", path)
    assert caught.value.name == path


@given(st.text(string.printable, max_size=30))
def test_nothing_but_twenty_digits_is_a_record(name: str) -> None:
    assert layout.number_of(name) is None
