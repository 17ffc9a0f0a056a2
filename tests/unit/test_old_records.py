"""Records that were written before code made assets are read as what they said then."""

import json
from pathlib import Path
from typing import Any

import pytest

from freshline import codec, events
from freshline.state import TargetState
from freshline.testing import specimens
from freshline.versions import WHOLE, Manifest, Window
from freshline_catalog.projections import read_event

OLD = Path(__file__).parents[1] / "data/before_code"
LINES: tuple[dict[str, Any], ...] = tuple(
    json.loads(line) for line in (OLD / "events.jsonl").read_text().splitlines()
)


def _kinds_told() -> dict[str, events.Event]:
    return {event.kind: event for event in specimens.one_of_each()}


@pytest.mark.parametrize("line", LINES, ids=[line["kind"] for line in LINES])
def test_an_old_event_is_read_as_what_it_said(line: dict[str, Any]) -> None:
    event = read_event(line["kind"], json.dumps(line["body"]))
    told = _kinds_told()[event.kind]
    match told:
        case events.Materialized():
            assert isinstance(event, events.Materialized)
            assert dict(event.metadata) == {}
            assert (event.build, event.logic) == (told.build, told.logic)
        case events.AttemptFailed():
            assert isinstance(event, events.AttemptFailed)
            assert (event.message, event.trace) == (told.message, "")
        case _:
            assert event == told


def test_an_old_window_shows_no_order() -> None:
    assert codec.decode(b"[null]", Window) == WHOLE
    assert codec.decode(b'[["amount"]]', Window) == Window(("amount",), ordered=False)


def test_an_old_manifest_is_read_as_what_it_said() -> None:
    manifest = codec.decode((OLD / "manifest.json").read_bytes(), Manifest)
    build = specimens.build(specimens.ORDERS, "m1")
    assert (manifest.version, manifest.trace) == (build.version, build.trace)
    assert manifest.logic == specimens.logic("m1")


def test_an_old_state_is_read_as_what_it_said() -> None:
    state = codec.decode((OLD / "state.json").read_bytes(), TargetState)
    build = specimens.build(specimens.ORDERS, "m1")
    assert state.build is not None
    assert (state.build.version, state.build.trace.outputs) == (build.version, build.trace.outputs)
    assert len(state.checks) == 2


def test_metadata_and_traces_come_back() -> None:
    for event in (
        specimens.materialized("r1", specimens.ORDERS, "m1"),
        specimens.attempt_failed("r1", specimens.ORDERS, "m0"),
    ):
        assert read_event(event.kind, codec.encode(event).decode()) == event
