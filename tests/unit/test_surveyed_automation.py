"""A survey says when its assets are kept fresh, and which schedules and sensors there are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from freshline.cli.compose import Project, compiled
from freshline.cli.surveying import survey_of
from freshline.declare.files import list_files
from freshline.survey import Survey

FILES = {
    "freshline.yaml": "project: air\n",
    "assets/staging/hours.sql": "SELECT 9 AS hour\n",
    "assets/marts/hours.sql": (
        "/*---\nrefresh: {every: 2h}\n---*/\nSELECT count(*) AS n FROM staging.hours\n"
    ),
    "assets/marts/all.sql": "/*---\nkind: view\n---*/\nSELECT hour FROM staging.hours\n",
    "sensors/ops.yaml": """\
schedules:
  nightly:
    cron: "0 3 * * *"
    select: marts.*
    description: While nobody looks.
sensors:
  landed:
    when: {files: "data/*.csv"}
    do:
      - {materialize: staging.hours}
      - {webhook: "${secret.hooks.till}"}
""",
}


@pytest.fixture(scope="module")
def surveyed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Survey]:
    root: Path = tmp_path_factory.mktemp("air")
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")
    project = Project(root, "main", compiled(root, None))
    try:
        yield survey_of(project, list_files(root)).survey
    finally:
        project.close()


def test_entries_say_by_which_rule_they_are_kept_fresh(surveyed: Survey) -> None:
    """But for views, which are never built."""
    assert {entry.key: entry.refresh for entry in surveyed.entries} == {
        "staging.hours": "whenever it is stale",
        "marts.hours": "every 2 hours, if anything is stale then",
        "marts.all": "",
    }


def test_a_schedule_is_told_in_words_with_its_place(surveyed: Survey) -> None:
    (nightly,) = surveyed.schedules
    assert (nightly.name, nightly.words) == ("nightly", "at 03:00 every day")
    assert (nightly.does, nightly.selection) == ("make marts.* fresh", "marts.*")
    assert nightly.description == "While nobody looks."
    assert str(nightly.place) == "sensors/ops.yaml:2:3"


def test_a_sensor_is_told_in_words_with_secrets_by_their_names(surveyed: Survey) -> None:
    (landed,) = surveyed.sensors
    assert (landed.words, landed.selection) == ("a file arrives at data/*.csv", "staging.hours")
    assert landed.does == "make staging.hours fresh; call ${secret.hooks.till}"
