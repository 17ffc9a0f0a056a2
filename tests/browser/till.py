"""A small project that tests may do anything with: orders, what a day earned, its best days."""

from pathlib import Path

FILES = {
    "freshline.yaml": "project: till\n\nowners:\n  sales: {email: sales@shop.example}\n",
    "sources/raw.yaml": """\
sources:
  raw.orders:
    description: Every order, as the till wrote it.
    path: data/orders.csv
""",
    "data/orders.csv": "order_id,amount,day\n1,10,2026-01-01\n2,20,2026-01-01\n3,5,2026-01-02\n",
    "assets/staging/orders.sql": """\
/*---
description: One row for each order.
owner: sales
checks:
  - name: small_amounts
    between: {amount: [0, 100]}
---*/
SELECT order_id, amount, CAST(day AS DATE) AS day FROM raw.orders
""",
    "assets/marts/daily.sql": """\
/*---
description: What each day earned.
owner: sales
---*/
SELECT day, sum(amount) AS revenue, count(*) AS orders FROM staging.orders GROUP BY day
""",
    "assets/marts/best.sql": """\
/*---
description: The day that earned most.
---*/
SELECT day, revenue FROM marts.daily ORDER BY revenue DESC LIMIT 1
""",
}


def write(root: Path, **more: str) -> Path:
    """Write the project, with more files or other texts in place of its own."""
    for name, text in {**FILES, **more}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def order(root: Path, line: str) -> None:
    """Add an order to what the till wrote."""
    with (root / "data/orders.csv").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
