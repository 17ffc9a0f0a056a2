"""Waiting for something to happen, without a thread and without a connection that is held."""

import asyncio

from starlette.concurrency import run_in_threadpool

from freshline_catalog.connection import Connection
from freshline_catalog.server.feed import moment
from freshline_catalog.server.news import Moment
from freshline_catalog.server.services import Services

_EVERY = 0.2


class Polled:
    """News by looking again and again: for who has nobody to tell them."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def is_over(self) -> bool:
        """Nobody tells."""
        return False

    async def wait(self, after: Moment, timeout: float) -> Moment:
        """Return how far the catalog is when that is no longer `after`, or when time is up."""
        loop = asyncio.get_running_loop()
        end = loop.time() + timeout
        while True:
            now = await run_in_threadpool(present, self._services)
            left = end - loop.time()
            if now != after or left <= 0:
                return now
            await asyncio.sleep(min(_EVERY, left))


def present(services: Services) -> Moment:
    """Return how far the catalog is."""
    with services.log.reader() as connection:
        return moment_for(services, connection)


def moment_for(services: Services, connection: Connection) -> Moment:
    """Return how far the catalog is as pages of a server have it: with what troubles this one."""
    now = moment(connection, services.scope)
    turns = services.hub.turns if services.hub is not None else 0
    return now._replace(survey=now.survey + turns)
