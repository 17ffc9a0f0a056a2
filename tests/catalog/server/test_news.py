"""News: who waits is told at once, from any thread, and never of what they know already."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from freshline_catalog.server.news import Hub, Moment, Trouble

T = TypeVar("T")


def apart(wish: Coroutine[None, None, T]) -> T:
    """Return what comes of it in a thread apart: a browser of other tests may have a loop here."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, wish).result()


def test_who_waits_is_told_by_another_thread() -> None:
    hub = Hub()

    async def waits() -> Moment:
        told = threading.Thread(target=hub.tell, args=(Moment(7, 2),))
        waiting = asyncio.create_task(hub.wait(Moment(0, 0), 60))
        await asyncio.sleep(0)
        told.start()
        return await waiting

    assert apart(waits()) == Moment(7, 2)


def test_what_was_told_before_is_told_at_once() -> None:
    hub = Hub()
    hub.tell(Moment(7, 2))
    assert apart(hub.wait(Moment(7, 1), 60)) == Moment(7, 2)


def test_who_knows_more_than_was_told_hears_nothing_until_time_is_up() -> None:
    hub = Hub()
    hub.tell(Moment(7, 2))
    assert apart(hub.wait(Moment(8, 2), 0.01)) == Moment(8, 2)


def test_many_who_wait_are_all_told() -> None:
    hub = Hub()

    async def wait() -> list[Moment]:
        waiting = [asyncio.create_task(hub.wait(Moment(0, 0), 60)) for _ in range(50)]
        await asyncio.sleep(0)
        hub.tell(Moment(1, 0))
        return await asyncio.gather(*waiting)

    assert apart(wait()) == [Moment(1, 0)] * 50


def test_nobody_waits_for_a_server_that_ends() -> None:
    hub = Hub()

    async def wait() -> Moment:
        waiting = asyncio.create_task(hub.wait(Moment(0, 0), 60))
        await asyncio.sleep(0)
        hub.end()
        await waiting
        return await hub.wait(Moment(0, 0), 60)

    assert apart(wait()) == Moment(0, 0)
    assert hub.is_over


def test_pages_hear_of_each_trouble_once_and_that_it_is_over() -> None:
    hub = Hub()
    trouble = Trouble("the list is not closed", "end it", 1.0)
    for told in (trouble, trouble, None, None, trouble._replace(message="another")):
        hub.trouble = told
    assert hub.turns == 3
