"""Layouts: which column of an old version each column of a new query may be. Guesses, not proofs.

Whoever asks proves a guess by comparing the queries as a whole, so a bad one costs a question.
"""

from collections.abc import Callable, Iterator, Sequence

from freshline.definitions import Column
from freshline.reconcile.facts import Layout


def by_name(old: Sequence[Column], new: Sequence[Column]) -> Layout | None:
    """Match columns by name, then by name in another case, then the rest in their order."""
    names = {column.name for column in new}
    folded = {column.name.lower(): column.name for column in old if column.name not in names}
    kept = {column.name for column in old}
    found: dict[str, str] = {}
    for column in new:
        was = column.name if column.name in kept else folded.get(column.name.lower())
        if was is not None:
            found[column.name] = was
    rest = iter([column.name for column in old if column.name not in found.values()])
    for column in new:
        if column.name not in found:
            was = next(rest, None)
            if was is None:
                return None
            found[column.name] = was
    return _typed(tuple((column.name, found[column.name]) for column in new), old, new)


def by_content(
    old: Sequence[Column],
    new: Sequence[Column],
    then: Callable[[str], str | None],
    now: Callable[[str], str | None],
) -> Layout | None:
    """Match columns by what each is computed from alone: `then` and `now` say so of a name."""
    forms = {column.name: then(column.name) for column in old}
    free = [column.name for column in old]
    pairs: list[tuple[str, str]] = []
    for column in new:
        form = now(column.name)
        fitting = [name for name in free if form is not None and forms[name] == form]
        if not fitting:
            return None
        was = column.name if column.name in fitting else fitting[0]
        free.remove(was)
        pairs.append((column.name, was))
    return _typed(tuple(pairs), old, new)


def words(layout: Layout, old: Sequence[str]) -> str:
    """Say what a layout does with the columns that there were."""
    return ", ".join(_parts(layout, old)) or "reads the same columns under other names"


def _parts(layout: Layout, old: Sequence[str]) -> Iterator[str]:
    kept = [was for _, was in layout]
    gone = [name for name in old if name not in kept]
    if gone:
        yield f"column{'s' if len(gone) > 1 else ''} {', '.join(gone)} dropped"
    for name, was in layout:
        if name != was:
            yield f"column {was} renamed to {name}"
    if kept != [name for name in old if name in kept]:
        yield "columns reordered"


def _typed(layout: Layout, old: Sequence[Column], new: Sequence[Column]) -> Layout | None:
    before = {column.name: column.type for column in old}
    same = all(before[was] == c.type for (_, was), c in zip(layout, new, strict=True))
    return layout if same else None
