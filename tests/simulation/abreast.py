"""Several processes abreast in one: one of them goes on at a time, as a seed has it.

At every failpoint, and whenever one has to wait, it is drawn which goes on. A history is decided by
its seed alone, whatever the machine does with the threads.
"""

import random
import threading
from collections import Counter
from collections.abc import Callable, Generator
from contextlib import contextmanager

from freshline import failpoints
from freshline.testing.clock import VirtualClock


class Baton:
    """Who has it goes on; the others wait."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._changed = threading.Condition()
        self._running: list[int] = []
        self.holder = 0
        self.switches = 0

    def join(self, number: int) -> None:
        """Take part, under a number; begin when it is one's turn."""
        with self._changed:
            self._changed.wait_for(lambda: self.holder == number)

    def enter(self, numbers: range) -> None:
        """Say who takes part."""
        self._running = list(numbers)

    def pass_on(self, *, give_way: bool = False) -> None:
        """Draw who goes on, and wait until it is one's turn again; who gives way is not drawn."""
        with self._changed:
            me = self.holder
            others = [number for number in self._running if number != me]
            if not others or (not give_way and self._chance.random() < 0.6):
                return
            self.holder = self._chance.choice(others)
            self.switches += 1
            self._changed.notify_all()
            self._changed.wait_for(lambda: self.holder == me)

    def leave(self) -> None:
        """Take part no more, and let somebody else go on."""
        with self._changed:
            self._running.remove(self.holder)
            if self._running:
                self.holder = self._chance.choice(self._running)
            self._changed.notify_all()


class BatonClock(VirtualClock):
    """A clock at which who waits lets others go on."""

    def __init__(self, baton: Baton) -> None:
        super().__init__()
        self._baton = baton

    def until(self, at: float) -> float:
        """Turn to a time, once others have gone on."""
        self._baton.pass_on(give_way=True)
        return super().until(at)


class Troubles:
    """What is going to happen to each process at failpoints: it dies there, or is refused."""

    def __init__(self, baton: Baton) -> None:
        self._baton = baton
        self._due: dict[int, dict[str, tuple[str, int]]] = {}
        self._passed: dict[int, Counter[str]] = {}

    def expect(self, text: str) -> None:
        """Put troubles in store for who goes on now, instead of any before: `name=action@3,...`."""
        due: dict[str, tuple[str, int]] = {}
        for item in filter(None, text.split(",")):
            name, _, action = item.partition("=")
            what, _, count = action.partition("@")
            due[name] = (what, int(count or 1))
        self._due[self._baton.holder] = due
        self._passed[self._baton.holder] = Counter()

    def at(self, name: str) -> None:
        """Let others go on, then have happen what is due."""
        self._baton.pass_on()
        me = self._baton.holder
        passed = self._passed.setdefault(me, Counter())
        passed[name] += 1
        action, count = self._due.get(me, {}).get(name, ("", 0))
        if passed[name] == count:
            if action == "crash":
                raise failpoints.Crash(name)
            raise OSError(28, "No space left on device")


@contextmanager
def watched(told: Callable[[str], None]) -> Generator[None]:
    """Have every passing of a failpoint told of."""
    failpoints.watch(told)
    try:
        yield
    finally:
        failpoints.watch(None)


def abreast(baton: Baton, lives: list[Callable[[], None]]) -> None:
    """Live these lives, each in a thread that goes on when it has the baton; raise what they do."""
    errors: list[BaseException] = []
    baton.enter(range(len(lives)))

    def live(number: int, life: Callable[[], None]) -> None:
        baton.join(number)
        try:
            life()
        except BaseException as error:
            errors.append(error)
        finally:
            baton.leave()

    threads = [
        threading.Thread(target=live, args=(number, life)) for number, life in enumerate(lives)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for error in errors:
        raise error
