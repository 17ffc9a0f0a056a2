"""What the API is: its OpenAPI document, and a page that tells the same to people."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from pydantic import TypeAdapter

from freshline import codec
from freshline.errors import InternalError
from freshline_catalog.server.access import needs
from freshline_catalog.server.page import API, JSON, VIEW, VIEWS
from freshline_catalog.server.people import Role
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.repeats import HEADER
from freshline_catalog.server.services import Services

Schema = Mapping[str, Any]
# What parameters of pages are for, where they do not say so themselves.
_WORDS: Mapping[str, str] = {
    "actor": "Only what this person began",
    "after": "Skip so many",
    "asset": "Only what concerns this asset",
    "check": "The check's name",
    "checks": "Only what has checks that stand so",
    "col": "The column to trace",
    "cursor": "`next` of the page before",
    "down": "How many edges down",
    "explain": "Whether to say how each result was scored",
    "force": "Also what is fresh",
    "freshness": "Only what its policy calls so",
    "from": "The first of what is compared or shown",
    "group": "Only assets of this group",
    "key": "The asset's key",
    "kind": "Only entries of this kind",
    "language": "Only what is written in it",
    "lifecycle": "Only assets at this stage",
    "level": "Only lines at least so bad",
    "limit": "At most so many",
    "line": "The line to show",
    "name": "Its name",
    "number": "The number of a version",
    "only": "Without what it needs from its stale ancestors",
    "outcome": "Only what ended so",
    "owner": "Only what this owner answers for",
    "q": "What to look for",
    "run": "The run's id",
    "scale": "How values are drawn",
    "select": "A selection, or the key of an asset where one is asked for",
    "show": "Whether to fetch them",
    "since": "Not before this time",
    "sort": "By what to sort",
    "status": "Only what stands so",
    "storage": "Only what is kept there",
    "tag": "Only assets with this tag",
    "to": "The second of what is compared",
    "until": "Not after this time",
    "up": "How many edges up",
    "view": "In which form",
}
_PLACES = {"path": "in the path", "query": "in the query", "header": "a header"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing that can be said with a request."""

    name: str
    place: str
    type: str
    required: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One thing that can be asked for."""

    name: str
    method: str
    path: str
    summary: str
    role: str
    parameters: tuple[Parameter, ...]
    takes: str
    gives: str
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What is taken or given is made of: names, types, and whether each is always there."""

    name: str
    description: str
    members: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """The whole API."""

    operations: tuple[Operation, ...]
    shapes: tuple[Shape, ...]


def document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of an application."""
    made = app.openapi()
    if "security" in made:
        return made
    made["info"]["description"] = (
        "Everything that the pages show, and the events behind it. Who asks is known by the cookie"
        " that a one-time link gives. Lists give a `next` that is the `cursor` of the page behind;"
        f" answers carry an `ETag`; a `POST` with an `{HEADER}` is done once."
    )
    path = cast(Services, app.state.services).address.path
    made["servers"] = [{"url": path or "/"}]
    cookie = {"type": "apiKey", "in": "cookie", "name": "freshline_PORT"}
    made.setdefault("components", {})["securitySchemes"] = {"session": cookie}
    made["security"] = [{"session": []}]
    for methods in made["paths"].values():
        for method, operation in methods.items():
            for parameter in operation.get("parameters", ()):
                parameter.setdefault("description", _WORDS.get(parameter["name"], ""))
            if method == "post":
                parameter = {
                    "name": HEADER,
                    "in": "header",
                    "required": False,
                    "description": "The same key with the same request is answered as before",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
                }
                operation.setdefault("parameters", []).append(parameter)
    schemas = made["components"].setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    _put_in(made, schemas)
    return made


def _put_in(made: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Put the schemas of views in where their names stand."""
    asked = [(name, "serialization", TypeAdapter(view)) for name, view in sorted(VIEWS.items())]
    found, shared = TypeAdapter.json_schemas(
        cast(Any, asked), ref_template="#/components/schemas/{model}"
    )
    for name, schema in shared.get("$defs", {}).items():
        if schemas.setdefault(name, schema) != schema:
            raise InternalError(f"two things in the API are called {name}")
    known = {f"{VIEW}{name}": schema for (name, _), schema in found.items()}
    for methods in made["paths"].values():
        for operation in methods.values():
            for answer in operation["responses"].values():
                for content in answer.get("content", {}).values():
                    reference = content["schema"].get("$ref", "")
                    content["schema"] = known.get(reference, content["schema"])


def described(document: Mapping[str, Any]) -> Description:
    """Return an OpenAPI document as people read it."""
    operations = [
        _operation(path, method, said)
        for path, methods in document["paths"].items()
        for method, said in methods.items()
    ]
    schemas = document["components"].get("schemas", {})
    return Description(
        operations=tuple(operations),
        shapes=tuple(_shape(name, schemas[name]) for name in sorted(schemas)),
    )


def add(app: FastAPI, services: Services, renderer: Renderer) -> None:
    """Add the description of an application to it."""
    del services

    def openapi(request: Request) -> Response:
        return renderer.answer(request, codec.encode(document(app)), JSON)

    def docs(request: Request) -> Response:
        return renderer.page(request, "api.html", described(document(app)))

    says = needs(Role.VIEWER)
    app.get(f"{API}/openapi.json", include_in_schema=False, name="api.openapi", openapi_extra=says)(
        openapi
    )
    app.get("/api/docs", include_in_schema=False, name="api.docs", openapi_extra=says)(docs)


def _operation(path: str, method: str, said: Schema) -> Operation:
    given = cast("Mapping[str, Schema]", said["responses"])
    fine = [answer for status, answer in given.items() if status.startswith("2")]
    refused = [(int(s), str(a["description"])) for s, a in given.items() if s[0] in "45"]
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        role=said.get("x-freshline-role", ""),
        parameters=tuple(_parameters(said)),
        takes=_content(said.get("requestBody", {})),
        gives=_content(fine[0]) if fine else "",
        refused=tuple(sorted(refused)),
    )


def _parameters(said: Schema) -> Iterator[Parameter]:
    for parameter in said.get("parameters", ()):
        yield Parameter(
            name=parameter["name"],
            place=_PLACES[parameter["in"]],
            type=_type(parameter.get("schema", {})),
            required=parameter.get("required", False),
            description=parameter.get("description", ""),
        )


def _content(said: Schema) -> str:
    for media, content in said.get("content", {}).items():
        return _type(content.get("schema", {})) if media == JSON else media
    return ""


def _shape(name: str, schema: Schema) -> Shape:
    required = schema.get("required", ())
    members = schema.get("properties", {})
    return Shape(
        name=name,
        description=schema.get("description", ""),
        members=tuple((key, _type(member), key in required) for key, member in members.items()),
    )


def _type(schema: Schema) -> str:
    """Return a schema in a few words."""
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    if "anyOf" in schema:
        return " or ".join(map(_type, _inside(schema, "anyOf")))
    if "enum" in schema:
        return " or ".join(str(value) for value in cast("list[object]", schema["enum"]))
    if "prefixItems" in schema:
        return f"[{', '.join(map(_type, _inside(schema, 'prefixItems')))}]"
    if schema.get("type") == "array" and "items" in schema:
        return f"list of {_type(cast(Schema, schema['items']))}"
    return str(schema.get("type", "anything"))


def _inside(schema: Schema, name: str) -> Sequence[Schema]:
    return cast("Sequence[Schema]", schema[name])
