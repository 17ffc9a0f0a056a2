"""Made-up surveys for tests: entries told apart by a few words, and projects of any size."""

from collections.abc import Iterable

from freshline.definitions import Trust
from freshline.survey import Entry, EntryColumn, EntryKind, Status, Survey


def entry(
    key: str,
    *upstreams: str,
    status: Status = Status.FRESH,
    columns: Iterable[str] = ("id", "amount"),
    tags: tuple[str, ...] = (),
    owner: str | None = None,
    description: str = "",
) -> Entry:
    """Return an entry of a table; its column lineage hangs on all its names."""
    names = tuple(columns)
    return Entry(
        key=key,
        kind=EntryKind.TABLE if upstreams else EntryKind.SOURCE,
        status=status if upstreams else Status.SOURCE,
        description=description,
        owner=owner,
        group=key.rpartition(".")[0],
        tags=tags,
        columns=tuple(EntryColumn(name, "BIGINT") for name in names),
        upstreams=upstreams,
        trust=Trust.STRONG,
        traced_by=" ".join((key, *upstreams, *names)) if upstreams else "",
    )


def survey(*entries: Entry, at: float = 100.0, sequence: int = 0) -> Survey:
    """Return a survey of the project `shop` in `main`."""
    return Survey(
        project="shop",
        environment="main",
        at=at,
        sequence=sequence,
        plan_id=f"plan at {at}",
        entries=entries,
    )


def layered(count: int, columns: int = 20) -> tuple[Entry, ...]:
    """Return sources and, below them, tables that each read three of what stands before them."""
    sources = count // 10
    names = tuple(f"column_{number}" for number in range(columns))
    found: list[Entry] = []
    for number in range(count):
        if number < sources:
            found.append(entry(f"raw.source_{number}", columns=names))
            continue
        # Strides that share no factor: no two tables read the same three.
        reads = {number * 7 % number, number - 1 - number % 50, number * 13 % sources}
        upstreams = tuple(found[read].key for read in sorted(reads))
        key = f"layer_{number * 10 // count}.table_{number}"
        found.append(entry(key, *upstreams, columns=names, owner=f"team_{number % 7}"))
    return tuple(found)
