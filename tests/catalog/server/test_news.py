"""News: who waits is told at once, from any thread, and never of what they know already."""

import asyncio
import threading

from freshline_catalog.server.news import Hub, Moment


def test_who_waits_is_told_by_another_thread() -> None:
    hub = Hub()

    async def waits() -> Moment:
        told = threading.Thread(target=hub.tell, args=(Moment(7, 2),))
        waiting = asyncio.create_task(hub.wait(Moment(0, 0), 60))
        await asyncio.sleep(0)
        told.start()
        return await waiting

    assert asyncio.run(waits()) == Moment(7, 2)


def test_what_was_told_before_is_told_at_once() -> None:
    hub = Hub()
    hub.tell(Moment(7, 2))
    assert asyncio.run(hub.wait(Moment(7, 1), 60)) == Moment(7, 2)


def test_who_knows_more_than_was_told_hears_nothing_until_time_is_up() -> None:
    hub = Hub()
    hub.tell(Moment(7, 2))
    assert asyncio.run(hub.wait(Moment(8, 2), 0.01)) == Moment(8, 2)


def test_many_who_wait_are_all_told() -> None:
    hub = Hub()

    async def wait() -> list[Moment]:
        waiting = [asyncio.create_task(hub.wait(Moment(0, 0), 60)) for _ in range(50)]
        await asyncio.sleep(0)
        hub.tell(Moment(1, 0))
        return await asyncio.gather(*waiting)

    assert asyncio.run(wait()) == [Moment(1, 0)] * 50


def test_nobody_waits_for_a_server_that_ends() -> None:
    hub = Hub()

    async def wait() -> Moment:
        waiting = asyncio.create_task(hub.wait(Moment(0, 0), 60))
        await asyncio.sleep(0)
        hub.end()
        await waiting
        return await hub.wait(Moment(0, 0), 60)

    assert asyncio.run(wait()) == Moment(0, 0)
    assert hub.is_over
