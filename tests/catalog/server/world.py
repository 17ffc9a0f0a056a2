"""A small real project in every state that pages show, made once by the command line and copied.

raw.orders, raw.customers, raw.refunds          sources
staging.orders                                  fresh; one check passes, one warns
staging.customers                               fresh; tagged pii; rows may be shown
staging.refunds                                 a view
marts.daily                                     fresh; certified
marts.customers, marts.people                   deprecated, and what takes its place
marts.revenue                                   held back by a check that blocks
marts.top                                       stale, perhaps: it reads marts.revenue
marts.ratio                                     fails: it cannot be computed
marts.broken, marts.of_broken                   set aside: a column that is not there
finance.ledger                                  pinned to its first version
finance.monthly                                 paused
finance.forecast                                stale: its query changed
finance.budget                                  missing: it was never built
finance.audit                                   paused, and never built
finance.report                                  blocked: it reads finance.audit
finance.old                                     was declared once: an orphan
"""

import os
import shutil
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from tests.forked import run

from freshline_catalog.event_log import SqliteEventLog

PROJECT, ENVIRONMENT = "shop", "main"

FILES: Mapping[str, str] = {
    "freshline.yaml": """\
project: shop

owners:
  sales:
    email: sales@shop.example
    chat: "#sales"
  finance:
    email: finance@shop.example

defaults:
  owner: sales
""",
    "assets/finance/_folder.yaml": "owner: finance\ntags: [money]\n",
    "sources/raw.yaml": """\
sources:
  raw.orders:
    description: Every order, as the shop's till wrote it.
    path: data/orders.csv
  raw.customers:
    description: Who bought something.
    path: data/customers.csv
    tags: [pii]
  raw.refunds:
    description: What was given back.
    path: data/refunds.csv
""",
    "data/customers.csv": "id,name,city\n1,Ada,London\n2,Ben,Köln\n3,Eve,Paris\n",
    "data/refunds.csv": "order_id,amount\n2,5\n5,1\n",
    "assets/staging/orders.sql": """\
/*---
description: One row for each order, with its **day** and amount.
tags: [nightly]
primary_key: [order_id]
columns:
  order_id: {description: The number on the receipt., not_null: true}
  amount: {description: In euros.}
checks:
  - name: small_amounts
    description: Larger ones are looked at by hand.
    between: {amount: [0, 50]}
    severity: warn
---*/
SELECT order_id, customer_id, amount, CAST(day AS DATE) AS day
FROM raw.orders
""",
    "assets/staging/customers.sql": """\
/*---
description: One row for each customer.
tags: [pii]
preview: true
---*/
SELECT id AS customer_id, name, city FROM raw.customers
""",
    "assets/staging/refunds.sql": """\
/*---
kind: view
description: Refunds with the day of their order.
---*/
SELECT r.order_id, r.amount, o.day
FROM raw.refunds AS r JOIN staging.orders AS o USING (order_id)
""",
    "assets/marts/daily.sql": """\
/*---
description: Revenue by day, less what was given back.
tags: [kpi, nightly]
lifecycle: certified
links: {Dashboard: "https://shop.example/daily"}
meta: {slack: "#numbers"}
primary_key: [day]
columns:
  revenue: {description: Sum of all orders of the day.}
---*/
SELECT o.day, sum(o.amount) AS revenue, count(*) AS orders, any_value(r.amount) AS refunds
FROM staging.orders AS o LEFT JOIN staging.refunds AS r USING (order_id)
GROUP BY o.day
""",
    "assets/marts/people.sql": """\
/*---
description: Customers with what they spent.
lifecycle: certified
---*/
SELECT c.customer_id, c.name, sum(o.amount) AS spent
FROM staging.customers AS c JOIN staging.orders AS o USING (customer_id)
GROUP BY ALL
""",
    "assets/marts/customers.sql": """\
/*---
description: What marts.people was before.
lifecycle: {stage: deprecated, replacement: marts.people, sunset: 2030-01-31}
---*/
SELECT customer_id, name FROM staging.customers
""",
    "assets/marts/revenue.sql": """\
/*---
description: Revenue by city.
tags: [kpi]
checks:
  - name: no_city_earns_too_much
    description: A till that counts twice was seen before.
    between: {revenue: [0, 180]}
---*/
SELECT c.city, sum(o.amount) AS revenue
FROM staging.customers AS c JOIN staging.orders AS o USING (customer_id)
GROUP BY c.city
""",
    "assets/marts/top.sql": "SELECT city FROM marts.revenue ORDER BY revenue DESC LIMIT 1\n",
    "assets/marts/ratio.sql": """\
SELECT day, CAST('none of ' || orders AS INTEGER) AS share FROM marts.daily
""",
    "assets/marts/broken.sql": "SELECT order_id, no_such_column FROM staging.orders\n",
    "assets/marts/of_broken.sql": "SELECT order_id FROM marts.broken\n",
    "assets/finance/ledger.sql": "SELECT order_id, amount FROM staging.orders\n",
    "assets/finance/monthly.sql": """\
SELECT date_trunc('month', day) AS month, sum(amount) AS amount FROM staging.orders GROUP BY 1
""",
    "assets/finance/forecast.sql": "SELECT sum(amount) * 1.1 AS next FROM finance.ledger\n",
    "assets/finance/audit.sql": "SELECT * FROM finance.ledger WHERE amount > 10\n",
    "assets/finance/report.sql": "SELECT count(*) AS audited FROM finance.audit\n",
    "assets/finance/old.sql": "SELECT count(*) AS orders FROM staging.orders\n",
}
ORDERS = "order_id,customer_id,amount,day\n" + "".join(
    f"{n},{1 + n % 3},{n * 3 % 40 + 1},2024-01-{1 + n % 5:02}\n" for n in range(1, 21)
)
LATER = "21,1,70,2024-01-06\n22,2,8,2024-01-06\n"


def freshline(root: Path, *arguments: str, timeout: float = 120) -> CompletedProcess[str]:
    """Run a command in a process of its own, as a person would."""
    environment = {**os.environ, "NO_COLOR": "1", "FRESHLINE_ACTOR": "ada"}
    return run(arguments, root, environment, timeout=timeout)


def write_files(root: Path) -> None:
    """Write the project as it is before anything is built."""
    for name, text in {**FILES, "data/orders.csv": ORDERS}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def make(root: Path) -> None:
    """Write the project, and bring each asset into its state."""
    write_files(root)
    _run(root, 0, "pause", "finance.audit", "--reason", "nobody has time")
    _run(root, 1, "apply", "--yes")
    _run(root, 0, "pause", "finance.monthly", "--reason", "the month is closed")
    with (root / "data/orders.csv").open("a") as orders:
        orders.write(LATER)
    _run(root, 1, "apply", "--yes")
    _run(root, 0, "rollback", "finance.ledger", "--to", "1", "--reason", "audit", "--yes")
    (root / "assets/finance/old.sql").unlink()
    (root / "assets/finance/forecast.sql").write_text(
        "SELECT sum(amount) * 1.2 AS next FROM finance.ledger\n"
    )
    (root / "assets/finance/budget.sql").write_text("SELECT 1000 AS budget\n")
    _run(root, 0, "catalog", "survey")


def _run(root: Path, code: int, *arguments: str) -> None:
    done = freshline(root, *arguments)
    if done.returncode != code:
        words = f"{arguments} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        raise AssertionError(words)


def catalog_of(root: Path) -> Path:
    """Return where the project's catalog lies."""
    return root / ".freshline/catalog.db"


@contextmanager
def opened(root: Path) -> Generator[SqliteEventLog]:
    """Lend the project's catalog."""
    with closing(SqliteEventLog(catalog_of(root))) as log:
        yield log


@pytest.fixture(scope="session")
def made_world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the project; made once, and to be left as it is."""
    root = tmp_path_factory.mktemp("world") / PROJECT
    make(root)
    return root


@pytest.fixture
def world(made_world: Path, tmp_path: Path) -> Path:
    """Return a copy of the project to do anything with."""
    return shutil.copytree(made_world, tmp_path / PROJECT)
