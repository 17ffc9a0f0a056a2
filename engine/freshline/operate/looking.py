"""Looking: what sensors have to be asked, when each is due again, and what was found out last.

What is in a folder is seen at every look. The rest takes somebody else's time, and is asked for at
most as often as its sensor wants:

1. A query is asked again only when its answer may have changed: the catalog or a file of a source
   moved since, or it names the clock or chance, by itself or through a view or a macro.
2. A function, another catalog and a store of objects can only be asked.

What was found is told again at each look until the next answer is there, so that a trouble stays
one; only that a function fires is told once.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from freshline.lineage.graph import Graph
from freshline.operate.arrivals import part
from freshline.operate.scene import FileSeen, Remote, Said, Seen
from freshline.refresh import (
    AssetArrived,
    Condition,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    RunEnded,
    WatermarkMoved,
)

# A word too many costs a question, one too few an update.
_VARYING = frozenset(
    "now today current_date current_time current_timestamp current_localtime get_current_time "
    "current_localtimestamp localtime localtimestamp get_current_timestamp transaction_timestamp "
    "statement_timestamp clock_timestamp age random rand uuid uuidv4 uuidv7 gen_random_uuid "
    "nextval tablesample sample".split()
)
_WORD = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that a sensor waits for and somebody has to be asked for, under a name of its own.

    `name` is that of the answer in `Seen`; `sensor` asks, at most every so many seconds.
    """

    name: str
    sensor: str
    condition: Condition
    every: float
    columns: tuple[tuple[str, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """The files of a glob in a store of objects, or why nobody knows them."""

    files: tuple[FileSeen, ...] = ()
    error: str = ""


Answer = Said | Remote | Listed


class Asked(NamedTuple):
    """When something was asked for last, and what its answer hung on then."""

    at: float
    basis: str = ""


def is_elsewhere(path: str) -> bool:
    """Say whether the path of files is an address."""
    return "://" in path


def local_globs(graph: Graph) -> tuple[str, ...]:
    """Return the globs of files in folders that sensors wait for."""
    found = (c.path for s in graph.sensors for c in s.conditions if isinstance(c, FilesArrived))
    return tuple(dict.fromkeys(path for path in found if not is_elsewhere(path)))


def awaits_runs(graph: Graph) -> bool:
    """Say whether a sensor waits for the end of a run."""
    return any(isinstance(c, RunEnded) for s in graph.sensors for c in s.conditions)


def awaits_events(graph: Graph) -> bool:
    """Say whether a sensor waits for an event from outside."""
    return any(isinstance(c, EventArrived) for s in graph.sensors for c in s.conditions)


def questions(graph: Graph) -> tuple[Question, ...]:
    """Return what has to be asked; what several sensors wait for is asked once, for the eager."""
    found: dict[str, Question] = {}
    for sensor in graph.sensors:
        for condition in sensor.conditions:
            name = _name(sensor.name, condition)
            if name is None:
                continue
            columns = (condition.columns,) if isinstance(condition, AssetArrived) else ()
            known = found.get(name)
            every = min(sensor.every, known.every) if known is not None else sensor.every
            all_columns = dict.fromkeys((*(known.columns if known is not None else ()), *columns))
            found[name] = Question(
                name=name,
                sensor=sensor.name,
                condition=condition,
                every=every,
                columns=tuple(each for each in all_columns if each),
            )
    return tuple(found.values())


def _name(sensor: str, condition: Condition) -> str | None:
    match condition:
        case AssetArrived(key=key) if "://" in key:
            return key
        case FilesArrived(path=path) if is_elsewhere(path):
            return path
        case WatermarkMoved() | FunctionSaid():
            return f"{sensor}:{part(condition)}"
        case _:
            return None


def varies(sql: str, graph: Graph) -> bool:
    """Say whether a query may answer something else though nothing that is kept has changed."""
    words = _words(sql)
    if words & _VARYING:
        return True
    for name, macro in graph.macros.items():
        if name.rpartition(".")[2].lower() in words and _words(macro.text) & _VARYING:
            return True
    return any(
        asset.is_view and asset.varies and key.rpartition(".")[2].lower() in words
        for key, asset in graph.assets.items()
    )


def _words(sql: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(sql)}


class Known:
    """What was asked, and what was found out last: one for each environment that is looked at."""

    def __init__(self) -> None:
        self._asked: dict[str, Asked] = {}
        self._under_way: set[str] = set()
        self._answers: dict[str, Answer] = {}

    def due(
        self, graph: Graph, wanted: Iterable[Question], now: float, basis: Callable[[], str]
    ) -> tuple[Question, ...]:
        """Return what is to be asked now, and take it for asked.

        `basis` says what the answers of queries hang on; it is only called where that decides.
        """
        found: list[Question] = []
        for question in wanted:
            if question.name in self._under_way or not self._is_time(question, now):
                continue
            on = basis() if isinstance(question.condition, WatermarkMoved) else ""
            before = self._asked.get(question.name)
            if before is not None and on and on == before.basis:
                assert isinstance(question.condition, WatermarkMoved)
                if not varies(question.condition.sql, graph):
                    continue
            self._asked[question.name] = Asked(now, on)
            self._under_way.add(question.name)
            found.append(question)
        return tuple(found)

    def _is_time(self, question: Question, now: float) -> bool:
        before = self._asked.get(question.name)
        return before is None or not 0 <= now - before.at < question.every

    def found(self, question: Question, answer: Answer) -> bool:
        """Take an answer down; say whether it is another than before."""
        self._under_way.discard(question.name)
        if isinstance(answer, Said) and answer.error and question.name in self._asked:
            # What failed is asked again although nothing moved: it may have been the machine.
            self._asked[question.name] = Asked(self._asked[question.name].at)
        before = self._answers.get(question.name)
        self._answers[question.name] = answer
        return answer != before or question.name not in self._asked

    def ask_again(self, beginning: str) -> None:
        """Take questions whose names begin so for unasked: their answers may be others by now."""
        for name in [each for each in self._asked if each.startswith(beginning)]:
            del self._asked[name]

    def keep_only(self, wanted: Iterable[Question]) -> None:
        """Forget what nobody asks for any more."""
        names = {question.name for question in wanted}
        for name in (self._asked.keys() | self._answers.keys()) - names:
            self._asked.pop(name, None)
            self._answers.pop(name, None)

    def tell(self, wanted: Iterable[Question], seen: Seen) -> Seen:
        """Return what was seen with all that is known; that a function fires is told only now."""
        files: dict[str, tuple[FileSeen, ...]] = dict(seen.files)
        troubles: dict[str, str] = dict(seen.troubles)
        remotes: dict[str, Remote] = dict(seen.remotes)
        values: dict[str, Said] = dict(seen.values)
        for question in wanted:
            name, answer = question.name, self._answers.get(question.name)
            match answer:
                case Said():
                    values[name] = answer
                    if answer.fires:
                        del self._answers[name]
                case Remote():
                    remotes[name] = answer
                case Listed(error=error) if error:
                    troubles[name] = error
                case Listed():
                    files[name] = answer.files
                case None:
                    pass
        return replace(seen, files=files, troubles=troubles, remotes=remotes, values=values)


def since_seen(before: Mapping[str, FileSeen], files: Iterable[FileSeen]) -> tuple[FileSeen, ...]:
    """Return files with the moment at which each was first seen as it is."""
    return tuple(
        before[file.path] if _is_same(before.get(file.path), file) else file for file in files
    )


def _is_same(before: FileSeen | None, file: FileSeen) -> bool:
    return before is not None and before.stamp == file.stamp
