"""Two deployments: a finance team that serves its catalog, and a sales team that reads it."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner, Result

from freshline.cli.main import freshline as command

LONG_ENOUGH = 60.0
FOLDER = ".freshline/catalogs/finance/marts.rates"
_RATES = """/*---
owner: ada
description: What a day is worth.
---*/
SELECT day, rate, rate * 2 AS twice FROM raw.rates
"""


def write(path: Path, text: str) -> None:
    """Write a file, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def write_finance(root: Path) -> Path:
    """Write the project of those who make rates."""
    write(root / "freshline.yaml", "project: finance\nowners: {ada: {email: ada@fin.example}}\n")
    write(root / "sources/raw.yaml", "sources: {raw.rates: {path: data/rates.csv}}\n")
    write(root / "assets/marts/rates.sql", _RATES)
    put_rate(root, 1.5)
    return root


def put_rate(root: Path, rate: float) -> None:
    """Have one day, with a rate."""
    write(root / "data/rates.csv", f"day,rate\n2024-01-01,{rate}\n")


def write_sales(root: Path, url: str) -> Path:
    """Write the project of those who read rates over HTTP."""
    catalog = f'{{finance: {{url: "{url}", token: "${{secret.finance_token}}"}}}}'
    write(root / "freshline.yaml", f"project: sales\ncatalogs: {catalog}\n")
    write(
        root / "sources/fin.yaml", "sources: {fin.rates: {catalog: finance, asset: marts.rates}}\n"
    )
    write(root / "assets/mean.sql", "SELECT avg(rate) AS mean FROM fin.rates")
    write(root / "assets/alone.sql", "SELECT 1 AS one")
    return root


def freshline(
    root: Path, *words: str, secret: str = "", failpoints: str = ""
) -> "subprocess.CompletedProcess[str]":
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "freshline", "-p", str(root), *words],
        env=environment(secret, failpoints),
        capture_output=True,
        text=True,
        timeout=LONG_ENOUGH,
        check=False,
    )


def told(root: Path, *words: str, secret: str = "") -> Result:
    """Run a command to its end within this process, which takes a tenth of the time."""
    return CliRunner().invoke(
        command,
        ["-p", str(root), *words],
        env={"FRESHLINE_SECRET_FINANCE_TOKEN": secret or None, "NO_COLOR": "1"},
        standalone_mode=False,
    )


def environment(secret: str, failpoints: str = "") -> dict[str, str]:
    """Return the variables of a process that knows a token."""
    told = {"NO_COLOR": "1", "FRESHLINE_FAILPOINTS": failpoints}
    return {**os.environ, **told, **({"FRESHLINE_SECRET_FINANCE_TOKEN": secret} if secret else {})}


def token(root: Path, *more: str, name: str = "sales") -> str:
    """Make a token for everything, and return its secret."""
    scopes = [f"--scope={scope}" for scope in ("assets:read", "events:read", "data:read")]
    return told(root, "token", "create", name, *scopes, *more).stdout.strip()


@contextmanager
def served(root: Path, port: int = 0) -> Generator[int]:
    """Serve a catalog until the block ends; give the port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "freshline", "-p", str(root), "serve", "--port", str(port)],
        env=environment(""),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:(\d+)", process.stdout.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LONG_ENOUGH)


@contextmanager
def kept_fresh(root: Path, secret: str) -> Generator[Path]:
    """Have a daemon keep a project fresh until the block ends; give the file of what it says."""
    said = root.parent / "daemon.log"
    with said.open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "freshline", "-p", str(root), "daemon"],
            env=environment(secret),
            stdout=out,
            stderr=out,
        )
        try:
            yield said
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def until(holds: Callable[[], bool]) -> None:
    """Look until something holds; AssertionError after long."""
    end = time.monotonic() + LONG_ENOUGH
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)
