"""Pages of what code makes: its definition, what it told, how it failed, and what it said."""

import base64

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.catalog.server.coded import AT_WORK, SECOND, as_duckdb_writes, coded, png
from tests.catalog.server.html import Element
from tests.catalog.server.shop import page

from freshline_catalog.server.assets.files import bytes_of

__all__ = ["coded"]


def section(found: Element, heading: str) -> Element:
    """Return the section under a heading."""
    (title,) = [each for each in found.all("h2") if each.text == heading]
    above = title.parent
    while above is not None and above.name != "section":
        above = above.parent
    assert above is not None
    return above


def test_a_definition_shows_the_code_with_its_own_lines(coded: TestClient) -> None:
    found = page(coded, "/assets/ml.features/definition")
    code = section(found, "Code")
    assert [line.attributes["id"] for line in code.all("span", class_="line")] == [
        f"L{number}" for number in range(12, 17)
    ]
    assert "def features(orders: pl.DataFrame" in code.content
    assert "<with> what a model learns from" in code.content
    assert {"c-k", "c-s", "c-m", "c-c"} <= {
        each.attributes["class"] for each in code.all("span") if "class" in each.attributes
    }


def test_a_definition_says_what_the_code_is_given_and_hangs_on(coded: TestClient) -> None:
    found = page(coded, "/assets/ml.features/definition")
    (row,) = section(found, "What it is given").one("tbody").all("tr")
    assert [cell.text for cell in row.children] == [
        "orders",
        "staging.orders",
        "polars",
        "id, amount",
    ]
    hangs = section(found, "What its version hangs on").text
    for said in ("assets/ml/models.py", "lib/rates.py", "polars 1.30.0", "REGION"):
        assert said in hangs
    where = section(found, "Where").text
    for said in ("risk", "Python 3.12", "assets/ml/requirements.txt", "warehouse resource"):
        assert said in where


def test_secrets_in_a_config_are_not_shown(coded: TestClient) -> None:
    config = section(page(coded, "/assets/ml.features/definition"), "Config").content
    assert '"api_key": "***"' in config
    assert '"rate": 0.1' in config
    assert coded.get("/api/v1/assets/ml.features/definition").json()["code"]["config"] == {
        "rounds": 3,
        "api_key": "***",
        "deep": {"rate": 0.1},
    }


def test_a_command_shows_what_runs(coded: TestClient) -> None:
    found = section(page(coded, "/assets/ml.report/definition"), "Command")
    assert found.one("div", class_="command").text.startswith(
        "Rscript assets/ml/report.R '{output}'"
    )


BADGES = {
    "ml.features": ["Python"],
    "ml.chart": ["Python", "files"],
    "ml.report": ["command"],
    "staging.orders": [],
    "raw.orders": [],
}


def test_lists_say_what_is_no_query(coded: TestClient) -> None:
    rows = page(coded, "/assets").one("tbody").all("tr")
    found = {
        row.one("a", class_="key").text: [badge.text for badge in row.all(class_="badge")]
        for row in rows
    }
    assert {key: found[key] for key in BADGES} == BADGES


def test_language_is_a_facet_and_a_selection(coded: TestClient) -> None:
    facets = coded.get("/api/v1/assets").json()["facets"]
    (language,) = [facet for facet in facets if facet["name"] == "language"]
    assert {value["value"]: value["count"] for value in language["values"]} == {
        "Python": 3,
        "SQL": 1,
        "command": 1,
        "(none)": 1,
    }
    chosen = coded.get("/api/v1/assets?language=Python").json()
    assert [row["key"] for row in chosen["assets"]] == ["ml.chart", "ml.features", "ml.forecast"]
    asked = coded.get("/api/v1/assets?q=language:command").json()
    assert [row["key"] for row in asked["assets"]] == ["ml.report"]


def test_pictures_of_lineage_mark_what_is_no_query(coded: TestClient) -> None:
    found = page(coded, "/lineage")
    marks = {
        node.attributes["data-key"]: [mark.text for mark in node.all("g", class_="mark")]
        for node in found.all("a", class_="node")
    }
    assert marks["ml.features"] == ["py"]
    assert marks["ml.chart"] == ["py files"]
    assert marks["ml.report"] == ["cmd"]
    assert marks["staging.orders"] == []


def test_what_code_told_is_shown_by_its_kind(coded: TestClient) -> None:
    told = section(page(coded, "/assets/ml.features"), "What its code told")
    facts = dict(
        zip(
            [name.text for name in told.all("dt")],
            [value.text for value in told.all("dd")],
            strict=True,
        )
    )
    assert facts["auc"] == "0.92"
    assert facts["converged"] == "yes"
    assert facts["model"] == "models/churn-7.pkl"
    assert facts["password"] == "***"
    assert '"api_token": "***"' in facts["params"]
    (row, other) = told.one("div", class_="told-table").one("tbody").all("tr")
    assert [cell.text for cell in row.children] == ["amount", "0.71"]
    assert [cell.text for cell in other.children] == ["<i>age</i>", ""]


def test_what_code_told_does_no_harm(coded: TestClient) -> None:
    answer = coded.get("/assets/ml.features", headers={"accept": "text/html"}).text
    told = section(page(coded, "/assets/ml.features"), "What its code told")
    assert "<script>" not in answer.partition('id="told"')[2].partition("</section>")[0]
    links = [link.attributes.get("href", "") for link in told.all("a")]
    assert not [link for link in links if link.startswith("javascript:")]
    (picture,) = told.all("img")
    assert picture.attributes["src"].startswith("data:image/png;base64,")
    assert "image/svg+xml" not in "".join(link for link in links)
    assert "a picture that is not shown here: image/svg+xml" in told.text


def test_files_are_shown_where_they_are_what_they_say(coded: TestClient) -> None:
    before = page(coded, "/assets/ml.chart/rows")
    assert before.one("main").all("img") == []
    found = page(coded, "/assets/ml.chart/rows?show=1").one("main")
    figures = {each.one("figcaption").all("span")[0].text: each for each in found.all("figure")}
    (picture,) = figures["bars.png"].all("img")
    encoded = base64.b64encode(png()).decode()
    assert picture.attributes["src"] == f"data:image/png;base64,{encoded}"
    assert figures["fake.png"].all("img") == []
    assert "one\n" in figures["notes.txt"].content
    assert "<b>two\u00fc</b>" in figures["notes.txt"].content
    assert "files of this kind are not shown" in figures["model.pkl"].text
    assert "it is too large" in figures["large.png"].text
    assert not [link for link in found.all("a") if "download" in link.attributes]


@given(st.binary(max_size=200))
def test_bytes_come_back_from_what_duckdb_writes(data: bytes) -> None:
    text = duckdb.execute("SELECT CAST(?::BLOB AS VARCHAR)", [data]).fetchall()[0][0]
    assert bytes_of(text) == data
    assert as_duckdb_writes(data) == text


def test_numbers_become_figures(coded: TestClient) -> None:
    series = coded.get("/api/v1/assets/ml.features/metrics").json()["series"]
    told = {each["name"]: each for each in series if each["unit"] == "number"}
    assert {name: [point[1] for point in each["points"]] for name, each in told.items()} == {
        "auc": [0.91, 0.92],
        "rounds": [1.0, 2.0],
    }
    found = page(coded, "/assets/ml.features/metrics")
    names = [figure.attributes["data-name"] for figure in found.all("figure", class_="chart")]
    assert names[-2:] == ["auc", "rounds"]


def test_a_failure_shows_the_authors_frames_and_folds_the_others(coded: TestClient) -> None:
    found = page(coded, f"/runs/{SECOND}")
    failure = found.one("div", class_="failure")
    frames = failure.all("ol", class_="frames")
    assert [frame.one("span", class_="place").text for frame in frames[0].all("li")] == [
        "assets/ml/models.py:41",
        "lib/rates.py:4",
    ]
    folded = failure.all("details")
    assert [each.one("summary").text for each in folded] == [
        "2 frames further down, in packages",
        "1 frame further down, in packages",
    ]
    assert "open" not in folded[0].attributes
    assert "caused by LookupError: <b>no</b> region of this name" in failure.text


def test_steps_and_versions_tell_in_a_line_what_code_told(coded: TestClient) -> None:
    (row,) = [
        row
        for row in page(coded, f"/runs/{SECOND}").all("tr")
        if row.attributes.get("id") == "step-ml.features"
    ]
    assert (
        row.all("details", class_="told-brief")[0].all("summary")[0].text
        == "auc 0.92, rounds 2, converged yes, 10 more"
    )
    runs = page(coded, "/assets/ml.features/runs")
    assert len(runs.all("details", class_="told-brief")) == 2
    failed = page(coded, "/assets/ml.report/runs")
    assert "stack trace" in [each.text for each in failed.all("summary")]


def test_a_run_shows_how_far_its_code_is(coded: TestClient) -> None:
    found = page(coded, f"/runs/{AT_WORK}")
    (bar,) = found.one(id="steps").all("progress")
    assert bar.attributes["value"] == "0.45"
    assert found.one("main").attributes["data-every"] == "2"
    assert "data-every" not in page(coded, f"/runs/{SECOND}").one("main").attributes


SHOWN = {
    "everything": ("", 9),
    "what is no debug line": ("?level=info", 8),
    "warnings and errors": ("?level=warning", 3),
    "our own lines": ("?source=freshline", 3),
    "standard output": ("?source=stdout", 1),
    "the log of code, if it is bad": ("?source=log&level=error", 1),
    "progress": ("?source=progress", 2),
}


@pytest.mark.parametrize(("query", "count"), SHOWN.values(), ids=SHOWN)
def test_a_log_shows(query: str, count: int, coded: TestClient) -> None:
    found = page(coded, f"/runs/{SECOND}/log{query}")
    assert len(found.all("li", class_="log-line")) == count


def test_lines_of_code_stand_beside_ours(coded: TestClient) -> None:
    lines = page(coded, f"/runs/{SECOND}/log").all("li", class_="log-line")
    assert [bool(line.all("span", class_="log-source")) for line in lines] == [
        *(False, False),
        *([True] * 6),
        False,
    ]
    assert "reading  1,204 rows" in lines[2].content
    assert lines[-1].all("summary")[0].text == "stack trace"
    text = coded.get(f"/runs/{SECOND}/log.txt").text
    assert "ml.features  stderr    DeprecationWarning: <old>" in text


def test_what_code_calls_an_error_is_no_failure_of_a_step(coded: TestClient) -> None:
    failures = coded.get(f"/api/v1/runs/{SECOND}").json()["failures"]
    assert [failure["asset"] for failure in failures] == ["ml.report"]
    assert failures[0]["line"] == 9
