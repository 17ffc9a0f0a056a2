"""The ways that are there: HTTP as the project allows it, and the notifiers of plug-ins."""

from importlib.metadata import entry_points
from typing import cast

from freshline.definitions import ProjectDefinition
from freshline.outgoing.addresses import Allowed
from freshline.outgoing.delivering import Ways
from freshline.outgoing.notifiers import MakeNotifier
from freshline.outgoing.sending import HttpSender


def ways_of(project: ProjectDefinition) -> Ways:
    """Return how things leave a project; a notifier is imported when it is needed first."""
    return Ways(sender=HttpSender(Allowed(entries=project.webhooks.allow)), makers=_maker)


def _maker(name: str) -> MakeNotifier | None:
    found = tuple(entry_points(group="freshline.notifiers", name=name))
    return cast(MakeNotifier, found[0].load()) if found else None
