"""One trial: a project from a number, a few edits of it, and after each the judge."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple

from tests.oracle.author import Author
from tests.oracle.coverage import constructs_of, traps_of
from tests.oracle.edits import EDITS, KINDS, REVERT, Hand, Unsuited
from tests.oracle.projects import Project
from tests.oracle.swift import swift
from tests.oracle.world import Outcome, Refused, World, WronglyFresh, is_volatile

EDITS_OF_A_TRIAL = 12


@dataclass(slots=True)
class Tally:
    """What was tried: edits by kind, constructs that stood around, traps that were stepped on."""

    edits: Counter[str] = field(default_factory=Counter[str])
    constructs: Counter[str] = field(default_factory=Counter[str])
    traps: Counter[str] = field(default_factory=Counter[str])
    steps: Counter[str] = field(default_factory=Counter[str])
    refused: int = 0
    projects: int = 0
    fresh: int = 0  # assets called so, each of them compared with a build from scratch

    def add(self, other: "Tally") -> None:
        """Count what another tally has counted too."""
        for name in ("edits", "constructs", "traps", "steps"):
            getattr(self, name).update(getattr(other, name))
        self.refused += other.refused
        self.projects += other.projects
        self.fresh += other.fresh


class Size(NamedTuple):
    """How large a project is: the most rows of a source, and whether its assets are few."""

    rows: int = 8
    little: bool = False


USUAL = Size()


class Shown(NamedTuple):
    """What a failure tells of its trial beside the number: the project, and how long a trial."""

    project: Project
    edits: int
    size: Size


class Missed(AssertionError):
    """The product was wrong: which edit of which trial shows it, and how to see it again."""

    def __init__(self, seed: int, at: int, kind: str, error: Exception, shown: Shown):
        project, edits, size = shown
        texts = "\n".join(
            f"-- {key} ({m.kind})\n{project.rendered(key)}" for key, m in project.models.items()
        )
        again = f"python -m tests.oracle --seed {seed} --edits {edits} --rows {size.rows}"
        again += " --little" if size.little else ""
        what = "" if isinstance(error, WronglyFresh) else f"{type(error).__name__}: "
        super().__init__(
            f"{kind}: {what}{error}\nedit {at} of seed {seed}; again: {again}\n{texts}"
        )
        self.seed, self.kind = seed, kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One edit as it was tried: what it touched, and the worlds before and after."""

    kind: str
    touched: frozenset[str]
    before: Project
    after: Project
    was: Outcome
    now: Outcome


def first(world: World, author: Author) -> tuple[Project, Outcome]:
    """Return a project that can be built, settled; assets that cannot be are left out of it."""
    while True:
        project = author.project()
        try:
            return project, world.settle(project)
        except Refused as refused:
            for key in list(project.models):
                smaller = project.copy()
                gone = {key} | smaller.downstream({key})
                if len(gone) > len(project.models) - 3:
                    continue
                for name in gone:
                    del smaller.models[name]
                try:
                    return smaller, world.settle(smaller)
                except Refused:
                    continue
            del refused


def trial(
    seed: int,
    tally: Tally,
    *,
    kinds: Sequence[str] = KINDS,
    edits: int = EDITS_OF_A_TRIAL,
    size: Size = USUAL,
    changes: list[Change] | None = None,
) -> None:
    """Try one project; Missed where the product is wrong. `changes` gets every edit tried."""
    with swift(seed):
        _trial(seed, tally, (kinds, edits), size, changes)


def _trial(
    seed: int,
    tally: Tally,
    work: tuple[Sequence[str], int],
    size: Size,
    changes: list[Change] | None,
) -> None:
    kinds, edits = work
    random = Random(seed)
    author = Author(random, size.rows, little=size.little)
    world = World(Project({}, {}, {}, {}))
    at, kind = 0, "the first build"
    project = world.project
    try:
        project, was = first(world, author)
        tally.projects += 1
        past = [project.copy()]
        while at < edits:
            kind = random.choice(kinds)
            before, hand = project, Hand(project.copy(), author)
            try:
                edited, touched = _edited(kind, hand, past)
                at += 1
                project = edited
                now = world.settle(edited, thorough=at % 3 == 0)
            except Unsuited:
                continue
            except Refused:
                project = before
                tally.refused += 1
                continue
            past.append(edited.copy())
            _count(tally, kind, touched, edited, now)
            if changes is not None:
                change = Change(
                    kind=kind,
                    touched=touched,
                    before=before,
                    after=edited,
                    was=was,
                    now=now,
                )
                changes.append(change)
            was = now
    except Exception as error:  # whatever the product stumbles over is its fault too
        raise Missed(seed, at, kind, error, Shown(project, edits, size)) from error
    finally:
        world.close()


def _edited(kind: str, hand: Hand, past: list[Project]) -> tuple[Project, frozenset[str]]:
    if kind == REVERT:
        older = hand.random.choice(past[-4:])
        return older.copy(), frozenset(
            key
            for key, model in hand.project.models.items()
            if model.file(hand.project) != older.models[key].file(older)
        )
    before = (hand.project.files(), str(hand.project.sources))
    EDITS[kind](hand)
    if before == (hand.project.files(), str(hand.project.sources)):
        raise Unsuited
    return hand.project, frozenset(hand.touched)


def _count(
    tally: Tally, kind: str, touched: frozenset[str], project: Project, now: Outcome
) -> None:
    tally.edits[kind] += 1
    near = {key for key in touched if key in project.models}
    near |= {reader for key in touched for reader in project.readers(key)}
    for key in near:
        tally.constructs.update(constructs_of(project.models[key]))
    tally.traps.update(traps_of(project, kind, near))
    tally.steps.update(str(status) for status in now.status.values())
    tally.fresh += sum(not is_volatile(project, found.asset) for found in now.plan.fresh)
