"""A process of its own that delivers what is due in the catalog PATH, and says when to look again.

courier.py PATH ALLOWED NOW
"""

import sys
from contextlib import closing
from pathlib import Path

from freshline.definitions import ProjectDefinition
from freshline.outgoing.delivering import Deliverer
from freshline.outgoing.ways import ways_of
from freshline.people import Webhooks
from freshline.testing.automation_queue import HERE
from freshline_catalog.acts import SqliteActs
from freshline_catalog.event_log import SqliteEventLog


def main(path: str, allowed: str, now: str) -> None:
    project = ProjectDefinition(name=HERE[0], webhooks=Webhooks(allow=(allowed,)))
    with closing(SqliteEventLog(Path(path))) as log:
        deliverer = Deliverer(SqliteActs(log), project, HERE[1], ways_of(project))
        print(deliverer.deliver_due(float(now)))


if __name__ == "__main__":
    main(*sys.argv[1:])
