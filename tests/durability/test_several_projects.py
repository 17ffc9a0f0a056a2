"""Two teams under one `up`: chained by what one publishes, and alone with what goes wrong."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from tests.durability.daemons import LONG_ENOUGH, Seen, daemon, until
from tests.durability.project import write_project

from freshline.events import RunFinished

_UP = ("up", "--port", "0")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A project, and beside it another that reads what this one publishes."""
    write_project(tmp_path / "shop")
    sales = tmp_path / "sales"
    for folder in ("assets/report", "sources"):
        (sales / folder).mkdir(parents=True)
    (sales / "freshline.yaml").write_text("project: sales\ncatalogs: {shop: ../shop}\n")
    (sales / "sources/shop.yaml").write_text(
        "sources:\n  shop.total: {catalog: shop, asset: mart.total}\n"
    )
    (sales / "assets/report/amount.sql").write_text("SELECT amount FROM shop.total\n")
    return tmp_path / "shop"


@pytest.fixture
def sales(shop: Path) -> Path:
    return shop.parent / "sales"


def leader(root: Path, but: int = 0) -> int:
    """Return the process of the daemon that leads, once there is one that is not another."""
    found = until(root, lambda now: now.leader is not None and now.leader.pid != but).leader
    assert found is not None
    return found.pid


def has(asset: str, number: int, root: Path) -> Seen:
    """Wait until a version was published."""
    return until(root, lambda now: (asset, number) in now.versions)


def sell(shop: Path, rows: int) -> None:
    """Have so many orders."""
    (shop / "data/orders.csv").write_text("id\n" + "".join(f"{i}\n" for i in range(rows)))


def until_said(process: "subprocess.Popen[str]", words: str) -> str:
    """Return the line of a process that says so; AssertionError where it never does."""
    assert process.stdout is not None
    too_late = threading.Timer(LONG_ENOUGH, process.kill)
    too_late.start()
    try:
        for line in process.stdout:
            if words in line:
                return line
    finally:
        too_late.cancel()
    raise AssertionError(f"{words!r} was never said")


def test_what_one_team_publishes_is_read_by_the_other_and_a_killed_daemon_is_only_its_own(
    shop: Path, sales: Path
) -> None:
    with daemon(shop.parent, words=_UP) as process:
        assert "holds some: sales, shop" in until_said(process, "is no project")
        until_said(process, "sales, shop are served at")
        has("report.amount", 1, sales)
        first, other = leader(shop), leader(sales)
        os.kill(first, signal.SIGKILL)
        assert until_said(process, "ended").startswith("shop: the daemon ended (exit code -9)")
        (sales / "assets/report/twice.sql").write_text(
            "SELECT 2 * amount AS amount FROM shop.total"
        )
        has("report.twice", 1, sales)
        assert leader(shop, but=first) != first
        sell(shop, 3)
        has("report.amount", 2, sales)
        assert leader(sales) == other


def test_a_team_with_broken_files_keeps_its_last_graph_and_the_other_goes_on(
    shop: Path, sales: Path
) -> None:
    with daemon(shop.parent, words=_UP):
        has("report.amount", 1, sales)
        (shop / "freshline.yaml").write_text("project: [\n")
        until(shop, lambda now: "those before are in force" in now.ticks[0].why)
        (sales / "assets/report/own.sql").write_text("SELECT 1 AS n")
        has("report.own", 1, sales)
        (shop / "freshline.yaml").write_text("project: shop\n")
        until(shop, lambda now: now.ticks[0].why == "the definitions are in order again")
        sell(shop, 4)
        has("report.amount", 2, sales)


def test_projects_that_cannot_be_opened_are_waited_for_and_hold_nobody_up(
    shop: Path, sales: Path
) -> None:
    stock = shop.parent / "stock"
    shutil.copytree(sales, stock)
    (stock / ".freshline").mkdir()
    (stock / "freshline.yaml").write_text("project: stock\ncatalogs: {shop: ../shop}\n")
    (stock / ".freshline/catalog.db").write_text("no database, but long enough for one\n" * 99)
    good = (sales / "freshline.yaml").read_text()
    (sales / "freshline.yaml").write_text("project: [\n")
    with daemon(shop.parent, words=("daemon",)) as process:
        ended: set[str] = set()
        while ended != {"sales", "stock"}:
            line = until_said(process, "the daemon ended (exit code 1)")
            ended.add(line.partition(":")[0])
        has("mart.total", 1, shop)
        (sales / "freshline.yaml").write_text(good)
        shutil.rmtree(stock / ".freshline")
        has("report.amount", 1, sales)
        has("report.amount", 1, stock)


def test_killed_with_minus_nine_all_daemons_end_and_the_next_up_carries_on(
    shop: Path, sales: Path
) -> None:
    with daemon(shop.parent, words=_UP, failpoints="publish.before=sleep:1.5@2") as process:
        until(shop, lambda now: len(now.versions) == 1)
        leader(sales)
        process.kill()
        process.wait()
        for root in (shop, sales):
            until(root, lambda now: now.leader is None)
        until(shop, lambda now: bool(now.of(RunFinished)))  # the run goes on
    with daemon(shop.parent, words=_UP):
        found = has("report.amount", 1, sales)
        built = until(shop, lambda now: now.leader is not None)
    assert len(built.begun) == 1
    assert found.outcomes == ["succeeded"]


def test_ctrl_c_once_ends_all_of_it(shop: Path, sales: Path) -> None:
    with daemon(shop.parent, words=_UP) as process:
        leader(shop)
        leader(sales)
        process.send_signal(signal.SIGINT)
        process.wait(15)
    for root in (shop, sales):
        until(root, lambda now: now.leader is None)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("shop", "./shop"), "shop and ./shop: that is one project, shop"),
        ((".", "shop"), ". and shop: that is one project, shop"),
        (("shop", "sale"), 'did you mean "sales"?'),
        (("-p", "shop", "sales"), "leave out -p"),
        (("--env", "prod", "shop", "sales"), 'shop: there is no environment "prod"'),
        (("shop", "copy"), 'two projects are called "shop": shop and copy'),
    ],
    ids=str,
)
def test_folders_that_cannot_be_served_together_are_told(
    words: tuple[str, ...], said: str, shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "copy" in words:
        write_project(shop.parent / "copy")
    monkeypatch.chdir(shop.parent)
    done = up(words)
    assert done.returncode == 2
    assert said in done.stderr


def up(words: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run `up` with words, here."""
    return subprocess.run(
        [sys.executable, "-m", "freshline", "up", *words],
        env={**os.environ, "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
