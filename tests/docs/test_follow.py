"""The calls of the how-to on following what happens are answered as it says."""

import re
import shutil
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from tests.catalog.server.conftest import HandClock, IdleEngine
from tests.catalog.server.listening import listening
from tests.catalog.server.test_events import entry, paused

from freshline.survey import Survey
from freshline.testing.specimens import DAILY
from freshline_catalog.event_log import SqliteEventLog
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.services import Scope, Services
from freshline_catalog.surveys import SqliteSurveys

PAGE = Path(__file__).parents[2] / "docs/howto/follow-what-happens.md"
CALLS = re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.S | re.M)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the page is told with curl")
def test_every_call_is_answered(tmp_path: Path) -> None:
    with closing(SqliteEventLog(tmp_path / "catalog.db")) as log:
        services = Services(
            scope=Scope("shop", "main"),
            log=log,
            engine=IdleEngine(),
            clock=HandClock(),
            logs=tmp_path,
        )
        survey = Survey(
            project="shop",
            environment="main",
            at=1.0,
            sequence=0,
            plan_id="",
            entries=(entry("marts.daily"),),
        )
        SqliteSurveys(log).keep(survey)
        log.append([paused(DAILY)] * 121)
        with listening(services) as served:
            answers = [
                _called(call, served.port, new_link(served.services), tmp_path) for call in CALLS
            ]
    assert len(answers) == 5
    assert '"position":121' in answers[2]
    assert '"name":"reports"' in answers[3]
    assert answers[3].count('"position":121') == 3  # it began behind what was there
    assert answers[4].startswith("retry: ")


def _called(call: str, port: int, link: str, folder: Path) -> str:
    """Do what a block of the page says, against the server on a port."""
    script = call.replace("8321", str(port)).replace("curl ", "curl --fail-with-body --max-time 3 ")
    script = script.replace("wait=30", "wait=0")
    at = f"http://127.0.0.1:{port}"
    done = subprocess.run(
        ["bash", "-c", f"set -e\nAT={at}\nLINK={at}{link}\n{script}"],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )
    # A stream does not end by itself: curl does, with 28.
    assert done.returncode in ((28,) if "/stream" in call else (0,)), done.stdout + done.stderr
    return done.stdout
