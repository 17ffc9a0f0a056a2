"""A project and its workers for each test; whatever a test does, no process is left after it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.locations.trying import HASTY, Project

from freshline.locations.workers import LocationWorkers


@pytest.fixture
def workers() -> Iterator[LocationWorkers]:
    workers = LocationWorkers(HASTY)
    yield workers
    workers.close()


@pytest.fixture
def project(tmp_path: Path, workers: LocationWorkers) -> Project:
    return Project(tmp_path, workers)
