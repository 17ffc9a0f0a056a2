"""Who may use which route: the whole table, kept by hand, so that a new route is thought about.

None is a route for anybody, also for who is not signed in.
"""

from collections.abc import Mapping

from freshline_catalog.server.people import Role

VIEWER, OPERATOR = Role.VIEWER, Role.OPERATOR

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
    "GET /api/v1/events/latest": VIEWER,
    "GET /api/v1/stream": VIEWER,
    "GET /api/v1/consumers": VIEWER,
    "GET /api/v1/consumers/{name}": VIEWER,
    "GET /api/v1/consumers/{name}/events": VIEWER,
    "PUT /api/v1/consumers/{name}": OPERATOR,
    "POST /api/v1/consumers/{name}/ack": OPERATOR,
    "DELETE /api/v1/consumers/{name}": OPERATOR,
    "GET /events": VIEWER,
    "GET /events.json": VIEWER,
    "GET /assets": VIEWER,
    "GET /assets.json": VIEWER,
    "GET /api/v1/assets": VIEWER,
    "GET /search": VIEWER,
    "GET /search.json": VIEWER,
    "GET /api/v1/search": VIEWER,
    "GET /owners": VIEWER,
    "GET /owners.json": VIEWER,
    "GET /api/v1/owners": VIEWER,
    "GET /owners/{name:path}": VIEWER,
    "GET /owners/{name:path}.json": VIEWER,
    "GET /api/v1/owners/{name:path}": VIEWER,
    "GET /groups": VIEWER,
    "GET /groups.json": VIEWER,
    "GET /api/v1/groups": VIEWER,
    "GET /groups/{name:path}": VIEWER,
    "GET /groups/{name:path}.json": VIEWER,
    "GET /api/v1/groups/{name:path}": VIEWER,
    "GET /tags": VIEWER,
    "GET /tags.json": VIEWER,
    "GET /api/v1/tags": VIEWER,
    "GET /tags/{name:path}": VIEWER,
    "GET /tags/{name:path}.json": VIEWER,
    "GET /api/v1/tags/{name:path}": VIEWER,
    "GET /health": VIEWER,
    "GET /health.json": VIEWER,
    "GET /api/v1/health": VIEWER,
    "GET /": VIEWER,
    "GET /index.json": VIEWER,
    "GET /api/v1/home": VIEWER,
    "GET /assets/{key}": VIEWER,
    "GET /assets/{key}.json": VIEWER,
    "GET /api/v1/assets/{key}": VIEWER,
    "GET /assets/{key}/columns": VIEWER,
    "GET /assets/{key}/columns.json": VIEWER,
    "GET /api/v1/assets/{key}/columns": VIEWER,
    "GET /assets/{key}/definition": VIEWER,
    "GET /assets/{key}/definition.json": VIEWER,
    "GET /api/v1/assets/{key}/definition": VIEWER,
    "GET /assets/{key}/history": VIEWER,
    "GET /assets/{key}/history.json": VIEWER,
    "GET /api/v1/assets/{key}/history": VIEWER,
    "GET /styles": VIEWER,
    "GET /styles.json": VIEWER,
    "GET /api/v1/styles": VIEWER,
}
# Answers that do not end: what they say to who may is the business of their own tests.
ENDLESS = frozenset({"GET /api/v1/stream"})
# What to put where a path has a parameter.
PARAMETERS: Mapping[str, str] = {
    "secret": "x" * 43,
    "digest": "0" * 16,
    "name:path": "freshline.css",
    "name": "reports",
    "key": "marts.daily",
    "run": "01a2034b-0000-7000-8000-000000000000",
    "tab": "columns",
}
