"""Whatever happens to the steps of a run: each ends once, none runs twice at a time, all ends."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from freshline.execute.run import FINAL, GOOD, TRANSITIONS, Run, Status

KEYS = "abcdef"
RETRIES = 2
QUEUED = 3


@st.composite
def graphs(draw: st.DrawFn) -> Mapping[str, tuple[str, ...]]:
    """Steps in order, each waiting for some of those before it."""
    count = draw(st.integers(1, len(KEYS)))
    return {
        key: tuple(draw(st.sets(st.sampled_from(KEYS[:i]), max_size=3)) if i else ())
        for i, key in enumerate(KEYS[:count])
    }


class Player:
    """Takes a run to its end as the choices say, and watches what must never be."""

    def __init__(self, after: Mapping[str, tuple[str, ...]], choices: st.DataObject) -> None:
        self.after, self.choices = after, choices
        self.run = Run(after)
        self.now = 0.0
        self.live: list[str] = []
        self.began: dict[str, int] = dict.fromkeys(after, 0)
        self.failures: dict[str, int] = dict.fromkeys(after, 0)
        self.queued: dict[str, int] = dict.fromkeys(after, 0)
        self.cancelled = False

    def play(self) -> None:
        for _ in range(200):
            if self.run.finished:
                return
            self.start()
            if not self.live:
                due = self.run.due
                assert due is not None, "nothing runs, nothing is due, and the run is not finished"
                self.now = due
                continue
            self.end()
            if not self.cancelled and self.choices.draw(st.integers(0, 9)) == 0:
                self.cancelled = True
                for key in self.run.cancel():
                    assert key not in self.live
        raise AssertionError("the run does not end")

    def start(self) -> None:
        jobs = self.choices.draw(st.integers(1, 3))
        while len(self.live) < jobs and (key := self.run.start(self.now)) is not None:
            assert key not in self.live, f"{key} runs twice"
            waited = [self.run.status[upstream] for upstream in self.after[key]]
            assert set(waited) <= GOOD, f"{key} did not wait"
            self.live.append(key)
            self.began[key] += 1
            assert self.run.attempts[key] == self.began[key] <= RETRIES + 1

    def end(self) -> None:
        key = self.live.pop(self.choices.draw(st.integers(0, len(self.live) - 1)))
        if self.choices.draw(st.booleans()):
            self.run.finish(key, self.choices.draw(st.sampled_from(sorted(GOOD))))
            return
        if self.queued[key] < QUEUED and not self.cancelled and self.choices.draw(st.booleans()):
            self.queued[key] += 1
            self.began[key] -= 1  # it did not begin
            self.run.queue(key, self.now + self.choices.draw(st.sampled_from([0.0, 0.2])))
            return
        self.failures[key] += 1
        if self.failures[key] <= RETRIES and not self.cancelled:
            wait = self.choices.draw(st.sampled_from([0.0, 1.0, 7.5]))
            self.run.put_off(key, self.now + wait)
            return
        self.run.finish(key, Status.CANCELLED if self.cancelled else Status.FAILED)


@given(graphs(), st.data())
def test_a_run_ends_with_every_step_in_one_final_status(
    after: Mapping[str, tuple[str, ...]], data: st.DataObject
) -> None:
    player = Player(after, data)
    player.play()
    status = player.run.status
    assert set(status.values()) <= FINAL
    assert sum(player.run.counts().values()) == len(after)
    for key, upstreams in after.items():
        bad = [u for u in upstreams if status[u] not in GOOD]
        if status[key] in GOOD | {Status.FAILED}:
            assert not bad, f"{key} ran although {bad} did not end well"
        if status[key] is Status.SKIPPED:
            assert bad, f"{key} was skipped for nothing"
        if status[key] is Status.CANCELLED:
            assert player.cancelled
        if status[key] in GOOD:
            assert player.began[key] == player.failures[key] + 1


def test_a_step_that_is_put_off_starts_at_its_moment_and_before_new_ones() -> None:
    run = Run({"a": (), "b": (), "c": ("a",)})
    assert run.start(0.0) == "a"
    run.put_off("a", 5.0)
    assert run.due == 5.0
    assert run.start(4.9) == "b"
    assert run.start(4.9) is None
    assert run.start(5.0) == "a"
    assert run.attempts == {"a": 2, "b": 1, "c": 0}
    assert run.due is None


def test_the_earliest_of_several_that_are_put_off_comes_first() -> None:
    run = Run(dict.fromkeys("abc", ()))
    for until in (9.0, 3.0, 6.0):
        key = run.start(0.0)
        assert key is not None
        run.put_off(key, until)
    assert [run.start(10.0) for _ in "abc"] == ["b", "c", "a"]


def test_cancelling_takes_out_what_is_put_off_and_nothing_is_due_then() -> None:
    run = Run({"a": (), "b": ("a",)})
    run.start(0.0)
    run.put_off("a", 5.0)
    assert run.cancel() == ("a", "b")
    assert run.due is None and run.finished and run.start(9.0) is None


def test_the_table_of_transitions_knows_every_status_and_nothing_leaves_a_final_one() -> None:
    assert set(TRANSITIONS) == set(Status)
    assert {status for status, after in TRANSITIONS.items() if not after} == FINAL
