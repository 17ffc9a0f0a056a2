"""Serving: from a catalog to a running server, and to its end."""

import os
from contextlib import closing

from freshline import secrets
from freshline.catalog import Server as ServerKind
from freshline.catalog import Serving, ServingSeveral
from freshline_catalog.server.app import create_app
from freshline_catalog.server.door.sessions import new_link
from freshline_catalog.server.news import Hub
from freshline_catalog.server.people import Role
from freshline_catalog.server.projects.opening import opened
from freshline_catalog.server.projects.several import serve_several
from freshline_catalog.server.running import SystemClock, listen, run, shown
from freshline_catalog.server.services import Address, Scope, Services
from freshline_catalog.server.watching import Watcher


def serve(wanted: Serving | ServingSeveral) -> None:
    """Serve a catalog, or several, until a signal says that it is enough."""
    # This process puts no secret in anywhere, and shows what was said where some were.
    secrets.remember_all(os.environ)
    if isinstance(wanted, ServingSeveral):
        return serve_several(wanted)
    listening = listen(wanted.host, wanted.port, wanted.first)
    with closing(listening), closing(opened(wanted.catalog)) as log:
        hub = Hub()
        services = Services(
            scope=Scope(wanted.project, wanted.environment),
            log=log,
            engine=wanted.engine,
            clock=SystemClock(),
            logs=wanted.logs,
            address=Address(host=wanted.host, port=listening.getsockname()[1]),
            version=wanted.version,
            hub=hub,
            most=Role.VIEWER if wanted.read_only else Role.OPERATOR,
        )
        address = shown(wanted.host, services.address.port)
        watcher = Watcher(services, hub)
        watcher.start()
        try:
            run(
                create_app(services),
                listening,
                lambda: wanted.ready(address, new_link(services, services.most)),
                hub.end,
            )
        finally:
            watcher.stop()


_: ServerKind = serve
