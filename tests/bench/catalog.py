"""The big catalog: what pages of the catalog's server cost over a crowded catalog.

    python tests/bench/catalog.py [--assets 10000 --columns 20 --events 1000000] [--keep FILE]

Each line is a page, or a list of searches, asked for in one process: CPU seconds of the request,
median and 95th percentile, as a share of the target, and bytes as they travel. The start and the
memory are those of a process of its own. Add a line to `PAGES` to have another page measured.
Exit code 1 when a target is missed.
"""

import argparse
import gzip
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple
from urllib.parse import quote

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from starlette.testclient import TestClient  # noqa: E402
from tests.bench.crowded import NOW, SCOPE, Size, fill  # noqa: E402
from tests.catalog.search.test_relevance import CASES  # noqa: E402
from tests.catalog.server.conftest import IdleEngine, somebody  # noqa: E402

from freshline_catalog.event_log import SqliteEventLog  # noqa: E402
from freshline_catalog.server.app import create_app  # noqa: E402
from freshline_catalog.server.people import Role  # noqa: E402
from freshline_catalog.server.services import Address, Scope, Services  # noqa: E402

START_SECONDS, MEMORY_MB, PAGE_BYTES = 2.0, 120.0, 150 * 1024
RUN = "00000000-0000-7000-8000-000000000000"


class Page(NamedTuple):
    """A page, or several of a kind, with the seconds that 95 of 100 requests may take."""

    name: str
    target: float
    paths: Sequence[str]
    rounds: int = 20


def quoted(q: str) -> str:
    """Return a text as part of an address."""
    return quote(q, safe="")


BROAD = ("orders", "customer", "amount", "id", "a", "daily", "finance", "attribute_05", "kept from")
HALF = "group:finance and tag:pii or owner:growth and tag:pii"
PAGES = (
    Page("search", 0.050, [f"/assets?q={quoted(case['q'])}" for case in CASES], 2),
    Page("search, broad words", 0.050, [f"/assets?q={quoted(q)}" for q in BROAD], 4),
    Page("suggestions", 0.050, [f"/search.json?q={quoted(case['q'][:6])}" for case in CASES], 1),
    Page("columns", 0.050, ["/assets?q=net_amount&view=columns", "/assets?view=columns"]),
    Page("assets", 0.050, ["/assets", "/assets?owner=growth&status=stale", "/assets?sort=built"]),
    Page("owners", 0.080, ["/owners", "/owners/growth", "/groups/finance", "/tags/pii"], 5),
    Page("asset", 0.080, ["/assets/staging.orders", "/assets/marts.customer_360"]),
    Page("asset's columns", 0.080, ["/assets/staging.orders/columns"]),
    Page("asset's runs", 0.080, ["/assets/staging.orders/runs"]),
    Page("asset's metrics", 0.080, ["/assets/staging.orders/metrics"]),
    Page("lineage, 500", 0.150, [f"/lineage?select={quoted(HALF)}&closed="], 10),
    Page("lineage, groups", 0.150, ["/lineage?select=group:finance&up=2&down=2"], 5),
    Page("lineage, all of it", 0.150, ["/lineage", "/lineage?view=table"], 5),
    Page("lineage of an asset", 0.080, ["/assets/staging.orders/lineage"], 5),
    Page("what breaks", 0.150, ["/impact?select=staging.orders"], 5),
    Page("home", 0.080, ["/"], 5),
    Page("runs", 0.050, ["/runs"]),
    Page("run", 0.080, [f"/runs/{RUN}"], 5),
    Page("events", 0.050, ["/events"]),
    Page("checks", 0.080, ["/checks"], 5),
)


class Turning:
    """A clock that goes on a second with every look, so that no limit of rate is met."""

    def __init__(self) -> None:
        self.at = NOW

    def now(self) -> float:
        """Return a second more than before."""
        self.at += 1
        return self.at

    def until(self, at: float) -> float:
        """Return that nobody has to wait."""
        self.at = max(self.at, at)
        return 0.0


def services(path: Path, port: int = 8321) -> Services:
    """Return what a server of this catalog is made of."""
    return Services(
        scope=Scope(*SCOPE),
        log=SqliteEventLog(path),
        engine=IdleEngine(),
        clock=Turning(),
        logs=path.parent,
        address=Address(port=port),
    )


def measured(client: TestClient, page: Page) -> tuple[list[float], int, set[int]]:
    """Return what each request of a page took, the largest answer, and the statuses."""
    took: list[float] = []
    largest, statuses = 0, set[int]()
    for path in page.paths:
        answer = client.get(path)
        statuses.add(answer.status_code)
        if answer.status_code != 200:
            continue
        largest = max(largest, len(gzip.compress(answer.content, 5)))
        for _ in range(page.rounds):
            begun = time.process_time()
            client.get(path)
            took.append(time.process_time() - begun)
    return took, largest, statuses


def started(path: Path) -> tuple[float, float]:
    """Return the seconds until a server of its own process answers, and its megabytes then."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    code = Path(__file__).name.removesuffix(".py")
    child = (
        f"import uvicorn; from tests.bench.{code} import services, create_app; from pathlib import "
        f"Path; uvicorn.run(create_app(services(Path({str(path)!r}), {port})), port={port},"
        " log_level='error')"
    )
    begun = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", child], cwd=ROOT)
    try:
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).read()
                break
            except OSError:
                time.sleep(0.02)
        seconds = time.monotonic() - begun
        status = Path(f"/proc/{process.pid}/status").read_text()
        kilobytes = next(line.split()[1] for line in status.splitlines() if "VmRSS" in line)
        return seconds, int(kilobytes) / 1024
    finally:
        process.terminate()
        process.wait()


def line(name: str, said: str, share: float) -> bool:
    """Print a line; return whether its target is kept."""
    print(f"{name:<22} {said:<44} {share:5.2f} of its target{'' if share <= 1 else '  MISSED'}")
    return share <= 1


def main() -> int:
    """Measure and print; return the exit code."""
    options = argparse.ArgumentParser(description=__doc__)
    for name, default in Size()._asdict().items():
        options.add_argument(f"--{name}", type=int, default=default)
    options.add_argument("--keep", type=Path, help="where the catalog is made, or already lies")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        path = given.keep or Path(scratch) / "catalog.db"
        if not path.exists():
            begun = time.monotonic()
            fill(path, Size(given.assets, given.columns, given.events))
            size = os.path.getsize(path) >> 20
            print(f"made a catalog of {size} MB in {time.monotonic() - begun:.0f} s")
        served = services(path)
        client = somebody(create_app(served), served, Role.OPERATOR)
        kept = True
        for page in PAGES:
            took, largest, statuses = measured(client, page)
            if statuses != {200}:
                print(f"{page.name:<22} answered {sorted(statuses)}: not measured")
                continue
            worst = sorted(took)[int(len(took) * 0.95)]
            said = f"median {median(took) * 1000:5.1f} ms, p95 {worst * 1000:5.1f} ms,"
            share = max(worst / page.target, largest / PAGE_BYTES)
            kept &= line(page.name, f"{said} {largest / 1024:.0f} KiB", share)
        served.log.close()
        seconds, megabytes = started(path)
        kept &= line("start", f"{seconds:.2f} s", seconds / START_SECONDS)
        kept &= line("memory, just started", f"{megabytes:.0f} MB", megabytes / MEMORY_MB)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
