"""Secrets: named in the project, found when they are used, and kept out of all that is written.

`${secret.warehouse.password}` is the process variable FRESHLINE_SECRET_WAREHOUSE_PASSWORD, or the
file `warehouse/password` below the folder that FRESHLINE_SECRETS names, which is how Docker and
Kubernetes mount them. What was found is remembered for one purpose: `redacted` takes it out of
texts for people.
"""

import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import cast
from urllib.parse import quote

from freshline.errors import ResourceError

NAME = re.compile(r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)*")
_REFERENCE = re.compile(r"(\$)?\$\{(?:secret\.([^{}\n]{1,200})\})?")
_FOLDER = "FRESHLINE_SECRETS"
_PREFIX = "FRESHLINE_SECRET_"
HIDDEN = "***"
_TELLING = re.compile(
    r"passw|passphrase|secret|token|api_?key|access_?key|private_?key|authorization|credential",
    re.IGNORECASE,
)
# Names that only speak of such things.
_HARMLESS = re.compile(r"(?:_?(?:name|id|file|path|count|type)|s)$", re.IGNORECASE)
# Every form in which a secret that was used may come back in somebody's message.
_KNOWN: set[str] = set()


def resolved(value: object) -> object:
    """Return settings with their secrets put in: texts, also deep within lists and mappings.

    `$${` becomes `${`. ResourceError where a secret cannot be found, naming where it was looked
    for.
    """
    match value:
        case str():
            return resolved_text(value)
        case list():
            return [resolved(item) for item in cast("list[object]", value)]
        case dict():
            return {k: resolved(v) for k, v in cast("dict[str, object]", value).items()}
        case _:
            return value


def resolved_text(template: str) -> str:
    """Return a text with the secrets in it put in; ResourceError where one cannot be found."""
    if "${" not in template:
        return template

    def put_in(found: re.Match[str]) -> str:
        if found[1]:
            return found[0][1:]
        return found[0] if found[2] is None else _find(found[2])

    return _REFERENCE.sub(put_in, template)


def redacted(text: str) -> str:
    """Return a text with `***` for every secret that this process has put in somewhere."""
    for known in sorted(_KNOWN, key=len, reverse=True):
        text = text.replace(known, HIDDEN)
    return text


def is_telling(name: str) -> bool:
    """Say whether what stands under this name is likely to be a secret."""
    return _TELLING.search(name) is not None and _HARMLESS.search(name) is None


def without_secrets(value: object) -> object:
    """Return plain data with `***` for whatever stands under a telling name."""
    match value:
        case Mapping():
            mapping = cast("Mapping[str, object]", value)
            return {
                key: HIDDEN if inner and is_telling(str(key)) else without_secrets(inner)
                for key, inner in mapping.items()
            }
        case list() | tuple():
            return [without_secrets(inner) for inner in cast("list[object]", value)]
        case _:
            return value


def known() -> frozenset[str]:
    """Return every form of every secret that this process knows."""
    return frozenset(_KNOWN)


def remember_all(environment: Mapping[str, str]) -> None:
    """Remember every secret that could be put in, so that who only shows texts can redact them."""
    for variable, value in environment.items():
        if variable.startswith(_PREFIX):
            _remember(value)
    folder = environment.get(_FOLDER)
    if folder is None:
        return
    for path in sorted(Path(folder).rglob("*")):
        if NAME.fullmatch(".".join(path.relative_to(folder).parts)) and path.is_file():
            with suppress(OSError, UnicodeDecodeError):
                _remember(path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r"))


def _find(name: str) -> str:
    variable = _PREFIX + name.upper().replace(".", "_")
    value = os.environ.get(variable)
    if value is None:
        value = _mounted(name, variable, os.environ)
    _remember(value)
    return value


def _mounted(name: str, variable: str, environment: Mapping[str, str]) -> str:
    """Return what the file of a secret holds, without the line feed that editors put behind it."""
    folder = environment.get(_FOLDER)
    if not NAME.fullmatch(name):
        raise ResourceError(f'"{name}" is no name of a secret')
    if folder is None:
        where = f"the process variable {variable} is not set, and {_FOLDER} names no folder"
        raise ResourceError(f"there is no secret {name}: {where}", help=f"set {variable}")
    path = Path(folder, *name.split("."))
    try:
        return path.read_text(encoding="utf-8").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        where = f"the process variable {variable} is not set, and {path} cannot be read: {why}"
        raise ResourceError(
            f"there is no secret {name}: {where}", help=f"set {variable}, or mount the file"
        ) from None


def _remember(value: str) -> None:
    """Remember a secret as it is, as addresses quote it, and as Python and JSON print it."""
    forms = {value, quote(value), quote(value, safe=""), repr(value)[1:-1]}
    forms |= {json.dumps(value, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    _KNOWN.update(form for form in forms if form)
