"""Rounds: an apply goes on with what had to wait for columns that nobody knew before it.

What code makes has the columns that come out of it. SQL that reads it is compiled when they are
known, which may be only after a first round; then comes another, for those that waited.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from freshline.events import Outcome
from freshline.execute.apply import Applied, Order, apply
from freshline.execute.place import Place
from freshline.execute.run import GOOD, Status
from freshline.execute.runner import Progress, RunReport
from freshline.lineage.graph import WAITS, Graph, awaited, downstreams, reach
from freshline.ports import Ports
from freshline.reconcile.planned import Plan

_MOST = 50  # code that waits for SQL that waits for code, so many times


def apply_in_rounds(
    place: Place,
    ports: Ports,
    order: Order,
    agree: Callable[[Plan], None],
    show: Callable[[Progress], None],
) -> Applied:
    """Apply, and apply again to what waited for columns, as long as there is any.

    What came of all rounds is told as of one; the plan is the last one's.
    """
    applied = apply(place, ports, order, agree, show)
    named = order.wish.selected or frozenset()
    for _ in range(_MOST):
        if not _may_go_on(place.graph, applied):
            break
        done = applied.report.status.keys() if applied.report is not None else frozenset[str]()
        graph = place.relearn({})
        waiting = _waiting(place.graph, graph)
        if order.wish.selected is not None:
            named |= awaited(graph, named)
            waiting = (waiting & named) | (awaited(graph, named) - done)
        if not waiting:
            break
        place = replace(place, graph=graph)
        wish = replace(order.wish, selected=waiting, named=frozenset(), force=False)
        order = replace(order, wish=wish, expected=None, run=None)
        applied = _joined(applied, apply(place, ports, order, agree, show))
    return applied


def _may_go_on(graph: Graph, applied: Applied) -> bool:
    ended = applied.report
    if ended is not None and ended.outcome is Outcome.CANCELLED:
        return False
    if any(aside.code == WAITS for aside in graph.quarantined.values()):
        return True  # what it waits for may have been found in storage
    if ended is None:
        return False
    made = (key for key, asset in graph.assets.items() if asset.code is not None)
    return any(ended.status.get(key) in GOOD for key in made)


def _waiting(before: Graph, now: Graph) -> frozenset[str]:
    """Return what was set aside and is not any more, and what reads columns that are others now."""
    freed = {key for key in now.assets if key in before.quarantined}
    changed = {
        key
        for key, asset in now.assets.items()
        if asset.code is not None
        and key in before.assets
        and before.assets[key].columns != asset.columns
    }
    readers = downstreams({key: asset.upstreams for key, asset in now.assets.items()})
    waited = {key for key in reach(changed, readers) if now.assets[key].code is None}
    return frozenset(waited | freed)


def _joined(first: Applied, second: Applied) -> Applied:
    problems = tuple(dict.fromkeys((*first.problems, *second.problems)))
    left_out = tuple(dict.fromkeys((*first.left_out, *second.left_out)))
    report = second.report or first.report
    if first.report is not None and second.report is not None:
        report = _of_both(first.report, second.report)
    return replace(second, report=report, problems=problems, left_out=left_out)


def _of_both(first: RunReport, second: RunReport) -> RunReport:
    status: Mapping[str, Status] = {**first.status, **second.status}
    errors = {key: e for key, e in {**first.errors, **second.errors}.items() if key in status}
    failed = {key: error for key, error in errors.items() if status[key] is Status.FAILED}
    outcome = second.outcome
    if outcome is Outcome.SUCCEEDED and not GOOD.issuperset(status.values()):
        outcome = Outcome.FAILED
    run = first.run if first.errors else second.run  # the one whose log has to be read
    return RunReport(run=run, outcome=outcome, status=status, errors=failed)
