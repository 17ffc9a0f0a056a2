"""Records of a lake: whatever happens to their bytes, nothing else than was written is believed."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.definitions import Column
from freshline.errors import CorruptError
from freshline.keys import Target
from freshline.versions import (
    WHOLE,
    DataFile,
    Logic,
    Manifest,
    Output,
    PublishKind,
    Read,
    Trace,
    Version,
    Window,
)
from freshline_adapters.lake.records import manifest_in, record_of

MANIFEST = Manifest(
    version=Version(
        target=Target("shop", "main", "marts.daily", "2024-01"),
        number=7,
        publish_id="0190-b",
        mat_id="0190-a",
        fence=9,
        kind=PublishKind.REVERT,
        at=1700000000.25,
        rows=3,
        columns=(Column("day", "DATE"), Column('odd "name', "STRUCT(a INTEGER)")),
        files=(DataFile("data/marts.daily/0190-a.parquet", 512, "ab" * 32),),
    ),
    trace=Trace(
        code_version="c0de",
        canonicaliser="1",
        config="c0",
        inputs=(Read("stg.orders", "0190-0", "d1", Window(("day",))),),
        outputs=(Output(WHOLE, "d2"),),
        engine="duckdb-1.5",
    ),
    logic=Logic(text="SELECT '\u2028ü\n'", schemas=(("stg.orders", (Column("day", "DATE"),)),)),
)
RECORD = record_of(MANIFEST)


def test_a_record_gives_back_its_manifest() -> None:
    assert manifest_in(RECORD, "r") == MANIFEST


def test_a_record_can_be_read_by_people() -> None:
    assert b'\n  "publish_id": "0190-b",\n' in RECORD


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 2**63 - 1))
def test_any_manifest_comes_back(text: str, at: float, number: int) -> None:
    version = replace(MANIFEST.version, at=at, number=number, publish_id=text)
    manifest = replace(MANIFEST, version=version, logic=Logic(text=text, schemas=()))
    assert manifest_in(record_of(manifest), "r") == manifest


@given(st.integers(0, len(RECORD) - 1), st.integers(1, 255))
def test_a_changed_byte_is_noticed_or_changes_nothing(position: int, change: int) -> None:
    damaged = bytearray(RECORD)
    damaged[position] ^= change
    try:
        assert manifest_in(bytes(damaged), "r") == MANIFEST
    except CorruptError as error:
        assert error.name == "r"


@pytest.mark.parametrize("length", [0, 1, 24, 100, len(RECORD) // 2, len(RECORD) - 2])
def test_a_cut_is_noticed(length: int) -> None:
    with pytest.raises(CorruptError):
        manifest_in(RECORD[:length], "r")


@pytest.mark.parametrize(
    "record",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b"\xff\xfe",
        b'{"freshline_manifest": 1, "digest": "", "manifest": {}}',
        RECORD + b"x",
        RECORD.replace(b'"freshline_manifest": 1', b'"freshline_manifest": 2'),
    ],
    ids=["nothing", "null", "a list", "no members", "depth", "no text", "empty", "more", "newer"],
)
def test_what_is_no_record_is_refused(record: bytes) -> None:
    with pytest.raises(CorruptError):
        manifest_in(record, "r")
