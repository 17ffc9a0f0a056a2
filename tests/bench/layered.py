"""A layered project of many small assets, written into a folder.

    python tests/bench/layered.py 1000 FOLDER

Every asset has five columns and a hundred rows, and reads one to three assets of the layer above;
the first layer reads one small file. The same number always gives the same project.
"""

import random
import sys
from pathlib import Path

_LAYERS = 10
_ROWS = 100


def write(assets: int, folder: Path) -> None:
    """Write the project; files of an earlier one of the same size are replaced."""
    dice = random.Random(assets)
    _write(folder / "freshline.yaml", "project: layered\n")
    _write(folder / "sources" / "raw.yaml", "sources:\n  raw.seed:\n    path: data/seed.csv\n")
    _write(folder / "data" / "seed.csv", _seed(dice))
    above: list[str] = []
    layer: list[str] = []
    width = max(1, -(-assets // _LAYERS))
    for number in range(assets):
        if number % width == 0:
            above, layer = layer, []
        schema, name = f"layer_{number // width:02}", f"asset_{number:05}"
        parents = dice.sample(above, min(len(above), dice.randint(1, 3)))
        _write(folder / "assets" / schema / f"{name}.sql", _query(number, parents))
        layer.append(f"{schema}.{name}")


def _query(number: int, parents: list[str]) -> str:
    if not parents:
        return f"SELECT id, label, day, amount + {number % 7} AS amount, ratio\nFROM raw.seed\n"
    amounts = " + ".join(f"p{place}.amount" for place in range(len(parents)))
    joins = "".join(
        f"JOIN {parent} AS p{place} USING (id)\n"
        for place, parent in enumerate(parents[1:], start=1)
    )
    return (
        f"SELECT p0.id, p0.label, p0.day, ({amounts}) % 1000 AS amount, p0.ratio\n"
        f"FROM {parents[0]} AS p0\n{joins}"
    )


def _seed(dice: random.Random) -> str:
    rows = (
        f"{id},name {id % 10},2024-{1 + id % 12:02}-{1 + id % 28:02},"
        f"{dice.randint(0, 999)},{dice.randint(0, 999) / 1000}"
        for id in range(1, _ROWS + 1)
    )
    return "\n".join(("id,label,day,amount,ratio", *rows)) + "\n"


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


if __name__ == "__main__":
    write(int(sys.argv[1]), Path(sys.argv[2]))
