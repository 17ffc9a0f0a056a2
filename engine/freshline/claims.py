"""Claims: the wish to work on a target, and why it cannot be granted."""

from collections.abc import Callable
from dataclasses import dataclass

from freshline.errors import BusyError
from freshline.keys import Target
from freshline.state import TargetState


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The wish to work on a target: the catalog answers with a fence and records the intent.

    `publish_id` names the attempt; a build's version takes it as its mat_id too. `seen` is the
    publish_id of the version that the claimer knows to be on record, empty for none; None where it
    does not matter. `places` are the pools that the attempt takes a place of, each with how many
    it has.
    """

    at: float
    run: str
    target: Target
    publish_id: str
    base: int
    seen: str | None = None
    places: tuple[tuple[str, int], ...] = ()

    def refusal(self, known: TargetState, taken: Callable[[str], int]) -> BusyError | None:
        """Return why it cannot be granted by what is `known` of its target; None where it can.

        `taken` says how many attempts live in its environment that have a place of a pool.
        """
        if known.attempt is not None:
            return BusyError(
                f"{self.target} is being built by run {known.attempt.run}",
                help="wait for that run to end, or stop it; an interrupted one is recovered by"
                " apply",
            )
        there = "" if known.build is None else known.build.version.publish_id
        if self.seen is not None and there != self.seen:
            return BusyError(f"{self.target} has another version by now", help="look again")
        for name, places in self.places:
            if taken(name) >= places:
                return BusyError(
                    f"the pool {name} is full: {places} at work", help="wait for a step to end"
                )
        return None
