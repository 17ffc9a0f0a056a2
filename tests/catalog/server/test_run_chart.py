"""The chart of a run: every bar inside, in order, and drawn as it was before."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.requests import Request

from freshline_catalog.server.render import Renderer
from freshline_catalog.server.runs.chart import LABELS, NARROWEST, chart_of, spacing
from freshline_catalog.server.runs.steps import Step, StepStatus
from freshline_catalog.server.services import Services

GOLDEN = Path(__file__).with_name("golden") / "run_chart.svg"
MOMENTS = st.floats(0, 4e9, allow_nan=False)
STEPS = st.lists(
    st.builds(
        Step,
        asset=st.sampled_from(["staging.orders", "marts.daily"]),
        status=st.sampled_from(list(StepStatus)),
        began=st.none() | MOMENTS,
        ended=st.none() | MOMENTS,
    ),
    max_size=20,
)


@settings(deadline=None)
@given(STEPS, MOMENTS, MOMENTS)
def test_every_bar_lies_inside_and_can_be_seen(
    steps: list[Step], began: float, ended: float
) -> None:
    chart = chart_of(steps, began, ended)
    assert len(chart.bars) == sum(step.began is not None for step in steps)
    for bar in chart.bars:
        assert LABELS <= bar.x + 0.1
        assert bar.x + bar.width <= chart.width + 0.1
        assert bar.width >= NARROWEST - 0.1
        assert 0 <= bar.y < chart.height
    for tick in chart.ticks:
        assert LABELS <= tick.x <= chart.width + 0.1


@settings(deadline=None)
@given(STEPS, MOMENTS, MOMENTS)
def test_what_began_earlier_lies_further_left_and_rows_keep_their_order(
    steps: list[Step], began: float, ended: float
) -> None:
    bars = chart_of(steps, began, ended).bars
    assert [bar.y for bar in bars] == sorted({bar.y for bar in bars})
    for one in bars:
        for other in bars:
            if (one.step.began or 0) < (other.step.began or 0):
                assert one.x <= other.x


@settings(deadline=None)
@given(st.floats(1e-6, 1e10))
def test_a_chart_has_few_lines_at_round_distances(length: float) -> None:
    every = spacing(length)
    assert 0 < length / every <= 6 + 1e-9 or every == 1e-3


def test_no_time_has_no_lines() -> None:
    assert spacing(0) == 0


def test_a_step_under_way_reaches_to_the_end() -> None:
    step = Step(asset="a", status=StepStatus.RUNNING, began=5.0)
    (bar,) = chart_of([step], 0.0, 10.0).bars
    assert bar.x + bar.width == pytest.approx(960, abs=0.2)


def test_the_drawing_is_as_it_was(services: Services) -> None:
    steps = [
        Step(asset="staging.orders", status=StepStatus.BUILT, began=100.0, ended=103.5),
        Step(asset="marts.daily", status=StepStatus.FAILED, began=103.5, ended=104.0),
        Step(asset='marts."<script>&', status=StepStatus.RUNNING, began=104.0),
        Step(asset="marts.top", status=StepStatus.SKIPPED),
    ]
    chart = chart_of(steps, 100.0, 106.0)
    renderer = Renderer(services)
    request = Request({"type": "http", "path": "/", "headers": [], "query_string": b""})
    body = renderer.page(request, "parts/chart.svg", (chart, 100.0)).body
    drawn = bytes(body).decode()
    assert "style=" not in drawn
    assert "<script" not in drawn
    assert drawn == GOLDEN.read_text(encoding="utf-8")
