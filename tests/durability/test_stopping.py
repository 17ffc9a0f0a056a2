"""Ctrl-C at random moments of a real apply: it ends, says so, and the next one carries on."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.durability.project import answer, freshline, write_project

_BUG = "This is a bug in Freshline"


def test_an_interrupted_apply_ends_by_itself_and_leaves_nothing_behind(tmp_path: Path) -> None:
    chance = random.Random(5)
    for attempt in range(12):
        write_project(tmp_path, factor=2 + attempt)
        apply = subprocess.Popen(
            [sys.executable, "-m", "freshline", "-p", str(tmp_path), "apply"],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        time.sleep(chance.uniform(0.3, 0.8))
        apply.send_signal(signal.SIGINT)
        said, _ = apply.communicate(timeout=30)
        assert _BUG not in said, said
    assert freshline(tmp_path, "apply").returncode == 0
    assert freshline(tmp_path, "verify").returncode == 0
    assert answer(tmp_path, "plan")["steps"] == []
