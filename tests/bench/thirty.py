"""A layered project of assets that are written as people write: about thirty lines each.

    python tests/bench/thirty.py 1000 FOLDER        writes it
    python tests/bench/thirty.py edit FOLDER N      edits one asset for the N-th time

Every asset has twelve columns and reads one or two of the layer above through CTEs, with a filter,
a CASE, a join, an aggregate and a window function. The same number gives the same project.
"""

import random
import sys
from pathlib import Path

_LAYERS = 10
_ROWS = 100
_EDITED, _READING = "layer_05", "layer_06"


def write(assets: int, folder: Path) -> None:
    """Write the project; files of an earlier one of the same size are replaced."""
    dice = random.Random(assets)
    _write(folder / "freshline.yaml", "project: thirty\n")
    _write(folder / "sources" / "raw.yaml", "sources:\n  raw.seed:\n    path: data/seed.csv\n")
    _write(folder / "data" / "seed.csv", _seed(dice))
    above: list[str] = []
    layer: list[str] = []
    width = max(1, -(-assets // _LAYERS))
    for number in range(assets):
        if number % width == 0:
            above, layer = layer, []
        schema, name = f"layer_{number // width:02}", f"asset_{number:05}"
        parents = dice.sample(above, min(len(above), dice.randint(1, 2))) or ["raw.seed"]
        _write(folder / "assets" / schema / f"{name}.sql", _query(number, parents))
        layer.append(f"{schema}.{name}")


def edit(folder: Path, time: int) -> None:
    """Edit a column in the middle of the project that others read; no two edits are the same."""
    reader = min((folder / "assets" / _READING).glob("*.sql")).read_text()
    name = reader.partition(f"FROM {_EDITED}.")[2].split()[0]
    path = folder / "assets" / _EDITED / f"{name}.sql"
    lines = path.read_text().splitlines()
    place = next(i for i, line in enumerate(lines) if line.endswith("AS ratio,"))
    lines[place] = f"        main.ratio + {time} AS ratio,"
    path.write_text("\n".join(lines) + "\n")


def _query(number: int, parents: list[str]) -> str:
    other = parents[-1]
    return f"""\
/*---
description: What asset {number} gives, for every id.
---*/
WITH main AS (
    SELECT id, label, day, amount, ratio, kind, weight
    FROM {parents[0]}
    WHERE amount IS NOT NULL AND amount >= {number % 3}
),

totals AS (
    SELECT kind, sum(amount) AS total, count(*) AS members, max(weight) AS heaviest
    FROM {other} GROUP BY kind
),

joined AS (
    SELECT
        main.id, main.label, main.day,
        (main.amount + {number % 7}) % 1000 AS amount,
        main.ratio AS ratio,
        CASE WHEN main.amount > {100 + number % 500} THEN 'large' ELSE main.kind END AS kind,
        main.weight * 2 % 512 AS weight,
        totals.total, coalesce(totals.members, 0) AS members, totals.heaviest
    FROM main
    LEFT JOIN totals ON totals.kind = main.kind
)

SELECT
    id, day, amount, ratio, kind, weight, members, heaviest,
    upper(label) AS label,
    total % 100000 AS total,
    rank() OVER (PARTITION BY kind ORDER BY amount DESC, id) AS place,
    date_trunc('month', day) AS month
FROM joined
"""


def _seed(dice: random.Random) -> str:
    rows = (
        f"{id},name {id % 10},2024-{1 + id % 12:02}-{1 + id % 28:02},{dice.randint(0, 999)},"
        f"{dice.randint(0, 999) / 1000},{'abc'[id % 3]},{dice.randint(0, 99)}"
        for id in range(1, _ROWS + 1)
    )
    return "\n".join(("id,label,day,amount,ratio,kind,weight", *rows)) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    if sys.argv[1] == "edit":
        edit(Path(sys.argv[2]), int(sys.argv[3]))
    else:
        write(int(sys.argv[1]), Path(sys.argv[2]))
