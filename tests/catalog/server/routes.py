"""Who may use which route: the whole table, kept by hand, so that a new route is thought about.

None is a route for anybody, also for who is not signed in.
"""

from collections.abc import Mapping

from freshline.tokens import TokenScope
from freshline_catalog.server.people import Role

VIEWER, OPERATOR = Role.VIEWER, Role.OPERATOR
_KEY, _RUN = "/assets/{key}", "/runs/{run}"
_MOVING = ("pause", "resume", "withdraw")
_COLLECTIONS = ("owners", "groups", "tags")
# Of pages: where each is in the API. A page is three routes: itself, its twin, and that.
_PAGES: Mapping[Role, Mapping[str, str]] = {
    VIEWER: {
        "/": "/home",
        **{path: path for path in ("/checks", "/health", "/incidents", "/reconciler")},
        **{path: path for path in ("/runs", "/styles")},
        **{path: path for path in ("/automation", "/automation/ticks")},
        **{path: path for path in ("/assets", "/search", "/owners", "/groups", "/tags")},
        **{path: path for path in ("/lineage", "/impact", f"{_KEY}/lineage")},
        **{f"/{each}/{{name:path}}": f"/{each}/{{name:path}}" for each in _COLLECTIONS},
        "/events": "/events/latest",
        **{
            _KEY + tab: _KEY + tab for tab in ("", "/checks", "/columns", "/compare", "/definition")
        },
        **{_KEY + tab: _KEY + tab for tab in ("/history", "/metrics", "/runs")},
        **{_RUN + tab: _RUN + tab for tab in ("", "/log")},
    },
    OPERATOR: {
        f"{_KEY}/rows": f"{_KEY}/rows",
        "/materialize": "/plan",
        "/accept": "/actions/accept",
        "/cancel": "/actions/cancel",
        "/pause": "/actions/pause",
        "/resume": "/actions/resume",
        "/rollback": "/actions/rollback",
        "/unpin": "/actions/unpin",
        "/deliveries": "/deliveries",
        **{f"/automation/{each}": f"/actions/automation/{each}" for each in _MOVING},
    },
}
_ACTIONS = ("accept", "cancel", "materialize", "pause", "resume", "rollback", "unpin")

ROUTES: Mapping[str, Role | None] = {
    "GET /login": None,
    "POST /login": None,
    "GET /login/{secret}": None,
    "POST /logout": VIEWER,
    "POST /theme": None,
    "GET /healthz": None,
    "GET /static/{digest}/{name:path}": None,
    "GET /api/docs": VIEWER,
    "GET /api/v1/openapi.json": VIEWER,
    "GET /api/v1/events": VIEWER,
    "GET /api/v1/stream": VIEWER,
    "GET /api/v1/assets/{key}/current": VIEWER,
    "GET /api/v1/assets/{key}/versions/{mat_id}/data": OPERATOR,
    "GET /api/v1/mutes": VIEWER,
    "PUT /api/v1/mutes/{subject}": OPERATOR,
    "DELETE /api/v1/mutes/{subject}": OPERATOR,
    "GET /api/v1/consumers": VIEWER,
    "GET /api/v1/consumers/{name}": VIEWER,
    "GET /api/v1/consumers/{name}/events": VIEWER,
    "PUT /api/v1/consumers/{name}": OPERATOR,
    "POST /api/v1/consumers/{name}/ack": OPERATOR,
    "DELETE /api/v1/consumers/{name}": OPERATOR,
    **{f"POST /{each}": OPERATOR for each in ("mute", "unmute")},
    **{f"POST /automation/{each}": OPERATOR for each in _MOVING},
    "POST /api/v1/automation/{kind}/{name}/pause": OPERATOR,
    "POST /api/v1/automation/{kind}/{name}/resume": OPERATOR,
    "POST /api/v1/automation/requests/{run}/withdraw": OPERATOR,
    "POST /api/v1/events/{name}": OPERATOR,
    f"GET {_RUN}/log.txt": VIEWER,
    **{f"GET /lineage.{kind}": VIEWER for kind in ("svg", "mmd", "dot", "csv")},
    "GET /impact.csv": VIEWER,
    **{f"POST /{action}": OPERATOR for action in _ACTIONS},
    **{f"POST /api/v1/actions/{action}": OPERATOR for action in _ACTIONS},
    **{
        f"GET {route}": role
        for role, pages in _PAGES.items()
        for path, api in pages.items()
        for route in (path, f"{path}.json" if path != "/" else "/index.json", f"/api/v1{api}")
    },
}
# Which programs with a token get through, by the scope that they need; nowhere else.
SCOPES: Mapping[str, TokenScope] = {
    "GET /api/v1/events": TokenScope.EVENTS,
    "GET /api/v1/assets/{key}/current": TokenScope.ASSETS,
    "GET /api/v1/assets/{key}/versions/{mat_id}/data": TokenScope.DATA,
}
# Answers that do not end: what they say to who may is the business of their own tests.
ENDLESS = frozenset({"GET /api/v1/stream"})
# What to put where a path has a parameter.
PARAMETERS: Mapping[str, str] = {
    "secret": "x" * 43,
    "digest": "0" * 16,
    "name:path": "freshline.css",
    "name": "reports",
    "subject": "marts.daily",
    "kind": "schedules",
    "key": "marts.daily",
    "mat_id": "01a2034b-0000-7000-8000-000000000001",
    "run": "01a2034b-0000-7000-8000-000000000000",
}
