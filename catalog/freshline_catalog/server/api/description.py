"""What the API is: its OpenAPI document, and a page that tells the same to people."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI, Request, Response

from freshline import codec
from freshline_catalog.server.access import needs
from freshline_catalog.server.page import API, JSON
from freshline_catalog.server.people import Role
from freshline_catalog.server.render import Renderer
from freshline_catalog.server.repeats import HEADER
from freshline_catalog.server.services import Services

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
    cookie = {"type": "apiKey", "in": "cookie", "name": "freshline_PORT"}
    made.setdefault("components", {})["securitySchemes"] = {"session": cookie}
    made["security"] = [{"session": []}]
    for methods in made["paths"].values():
        for method, operation in methods.items():
            # FastAPI says this of every route, but its own shape is never what is answered.
            if method == "post":
                parameter = {
                    "name": HEADER,
                    "in": "header",
                    "required": False,
                    "description": "The same key with the same request is answered as before",
                    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
                }
                operation.setdefault("parameters", []).append(parameter)
    for name in ("HTTPValidationError", "ValidationError"):
        made["components"].get("schemas", {}).pop(name, None)
    return made


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


def _operation(path: str, method: str, said: Mapping[str, Any]) -> Operation:
    given = cast("Mapping[str, Any]", said["responses"])
    fine: Mapping[str, Any] = next(
        (answer for status, answer in given.items() if status.startswith("2")), {}
    )
    refused = [(int(s), str(a["description"])) for s, a in given.items() if s[0] in "45"]
    return Operation(
        name=said["operationId"],
        method=method.upper(),
        path=path,
        summary=said.get("summary", ""),
        role=said.get("x-freshline-role", ""),
        parameters=tuple(_parameters(said)),
        takes=_content(said.get("requestBody", {})),
        gives=_content(fine),
        refused=tuple(sorted(refused)),
    )


def _parameters(said: Mapping[str, Any]) -> Iterator[Parameter]:
    for parameter in said.get("parameters", ()):
        yield Parameter(
            name=parameter["name"],
            place=_PLACES.get(parameter["in"], parameter["in"]),
            type=_type(parameter.get("schema", {})),
            required=parameter.get("required", False),
            description=parameter.get("description", ""),
        )


def _content(said: Mapping[str, Any]) -> str:
    for media, content in said.get("content", {}).items():
        return _type(content.get("schema", {})) if media == JSON else media
    return ""


def _shape(name: str, schema: Mapping[str, Any]) -> Shape:
    required = schema.get("required", ())
    members = schema.get("properties", {})
    return Shape(
        name=name,
        description=schema.get("description", ""),
        members=tuple((key, _type(member), key in required) for key, member in members.items()),
    )


def _type(schema: Mapping[str, Any]) -> str:
    """Return a schema in a few words."""
    match schema:
        case {"$ref": str(reference)}:
            return reference.rpartition("/")[2]
        case {"anyOf": list(options)}:
            return " or ".join(_type(option) for option in cast("list[dict[str, Any]]", options))
        case {"enum": list(values)}:
            return " or ".join(str(value) for value in cast("list[object]", values))
        case {"type": "array", "items": dict(items)}:
            return f"list of {_type(cast('dict[str, Any]', items))}"
        case {"type": "array", "prefixItems": list(items)}:
            inner = ", ".join(_type(item) for item in cast("list[dict[str, Any]]", items))
            return f"[{inner}]"
        case {"type": str(name)}:
            return name
        case _:
            return "anything"
