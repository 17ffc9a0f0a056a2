"""Projects: all that are served side by side, and how each of them stands."""

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from freshline_catalog.server.door.guard import signed_in
from freshline_catalog.server.page import Page
from freshline_catalog.server.people import User
from freshline_catalog.server.projects.lobby import Lobby
from freshline_catalog.server.projects.standing import ProjectStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class Projects:
    """The projects that are served here, in the order in which they were named."""

    projects: tuple[ProjectStanding, ...]


def projects(request: Request, user: Annotated[User, Depends(signed_in)]) -> Projects:
    """Show which projects are served here, and how each of them stands."""
    lobby = cast(Lobby, request.app.state.services)
    return Projects(projects=lobby.standings.all(user))


PAGES = (Page(path="/", make=projects, template="projects.html", api="/projects"),)
