"""Rows do not hang on where the machine stands: every thread computes in UTC."""

import os
import subprocess
import sys

ENGINE = """
import threading
from freshline.execute.sql_engine import SqlEngine

engine = SqlEngine(folders=[])
found = []
thread = threading.Thread(
    target=lambda: found.extend(engine.rows("SELECT '2024-07-01'::TIMESTAMP::TIMESTAMPTZ::VARCHAR"))
)
thread.start()
thread.join()
print(found[0][0])
"""


def test_the_time_zone_of_the_machine_does_not_count() -> None:
    environment = {**os.environ, "TZ": "America/New_York"}
    done = subprocess.run(
        [sys.executable, "-c", ENGINE], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "2024-07-01 00:00:00+00"
