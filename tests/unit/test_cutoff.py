"""What readers of an asset look at when it has a new version: content, logic, or nothing at all."""

from pathlib import Path

import pytest
from tests.unit.running import Running, statuses, steps

ORDERS = "SELECT id, {} AS amount, upper(note) AS note FROM raw.orders"


def world(root: Path, cutoff: str = "", data: str = "id,note\n1,a\n2,b\n") -> Running:
    running = Running(root)
    front = f"/*---\ncutoff: {cutoff}\n---*/\n" if cutoff else ""
    running.write(
        {
            "data/orders.csv": data,
            "sources/raw.yaml": "sources: {raw.orders: {path: data/orders.csv}}",
            "assets/orders.sql": front + ORDERS.format("id * 2"),
            "assets/total.sql": "SELECT sum(amount) AS total FROM orders",
            "assets/notes.sql": "SELECT note FROM orders",
        }
    )
    running.apply()
    assert running.plan().steps == ()
    return running


def edit(running: Running, expression: str) -> None:
    path = running.root / "assets/orders.sql"
    front = path.read_text().rpartition("---*/\n")
    running.write({"assets/orders.sql": "".join(front[:2]) + ORDERS.format(expression)})


@pytest.mark.parametrize(
    ("cutoff", "total", "notes"),
    [
        pytest.param("content", "verified", None, id="equal content is no change"),
        pytest.param("logic", "built", None, id="every version counts that is not proven"),
        pytest.param("off", "built", "built", id="every version counts"),
    ],
)
def test_readers_follow_a_new_version_as_its_cutoff_says(
    tmp_path: Path, cutoff: str, total: str, notes: str | None
) -> None:
    """The amounts come out as they were, from an expression that nobody can prove to be equal."""
    running = world(tmp_path, cutoff)
    edit(running, "abs(id * 2)")
    done = statuses(running.apply())
    assert done == {"orders": "built", "total": total, **({"notes": notes} if notes else {})}
    assert running.plan().steps == ()


@pytest.mark.parametrize("cutoff", ["logic", "off"])
def test_new_data_counts_although_content_is_as_it_was(tmp_path: Path, cutoff: str) -> None:
    running = world(tmp_path, cutoff)
    running.write({"data/orders.csv": "id,note\n2,b\n1,a\n"})
    assert set(statuses(running.apply()).values()) == {"built"}
    assert running.plan().steps == ()


def test_looking_at_content_again_rebuilds_nothing(tmp_path: Path) -> None:
    running = world(tmp_path, "off")
    edit(running, "abs(id * 2)")
    running.apply()
    path = tmp_path / "assets/orders.sql"
    path.write_text(path.read_text().replace("cutoff: off", "cutoff: content"))
    assert running.plan().steps == ()


def test_floats_are_compared_as_rounded(tmp_path: Path) -> None:
    running = world(tmp_path, "{round: 0.001}", "id,note\n1.5,a\n-0.25,b\n")
    running.write({"data/orders.csv": "id,note\n1.500000001,a\n-0.25,b\n"})
    assert statuses(running.apply()) == {
        "orders": "built",
        "total": "verified",
        "notes": "verified",
    }
    running.write({"data/orders.csv": "id,note\n1.6,a\n-0.25,b\n"})
    assert statuses(running.apply()) == {
        "orders": "built",
        "total": "built",
        "notes": "verified",
    }


def test_another_rounding_is_another_content(tmp_path: Path) -> None:
    running = world(tmp_path, "{round: 0.001}")
    path = tmp_path / "assets/orders.sql"
    path.write_text(path.read_text().replace("0.001", "1e-6"))
    assert steps(running.plan())["orders"] == "rebuild: its content is rounded in another way"
    running.apply()
    assert running.plan().steps == ()
    path.write_text(path.read_text().replace("{round: 1e-6}", "content"))
    assert steps(running.plan())["orders"] == "rebuild: its content is rounded in another way"


def test_columns_that_are_laid_out_anew_are_rounded_like_before(tmp_path: Path) -> None:
    running = world(tmp_path, "{round: 0.5}", "id,note\n1.1,a\n-0.2,b\n")
    path = tmp_path / "assets/orders.sql"
    path.write_text(path.read_text().replace(", upper(note) AS note", ""))
    (tmp_path / "assets/notes.sql").unlink()
    assert steps(running.plan())["orders"].startswith("relayout")
    assert statuses(running.apply())["orders"] == "republished"
    assert not {"orders", "total"} & steps(running.plan()).keys()
