"""The small file by which a command says more than its exit code: a JSON object a line.

    {"metadata": {"rows": 3, "plot": {"kind": "url", "value": "https://..."}}}
    {"log": "half of it is done", "level": "info"}
    {"progress": 0.5, "message": "two of four"}
    {"check": {"name": "no_gaps", "passed": true, "severity": "warn", "metadata": {...}}}

Metadata and checks may have an `output`, the name of the one that they are about.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from freshline.calls import CheckTold, Datum, Line
from freshline.definitions import CheckSeverity
from freshline.locations.lines import Lines, cleaned

_MOST_BYTES = 8 << 20
_KINDS = "text markdown int float bool json url path table image time".split()
_LEVELS = ("debug", "info", "warning", "error", "critical")


class Messages:
    """What a command appended to its file so far; `read` takes in what is new."""

    def __init__(self, path: Path, lines: Lines, now: float) -> None:
        self.checks: list[CheckTold] = []
        self.metadata: dict[str, dict[str, Datum]] = {}
        self._path = path
        self._lines = lines
        self._now = now
        self._seen = 0
        path.touch()

    def read(self, now: float, *, to_the_end: bool = False) -> None:
        """Take in the lines that were appended; `to_the_end` also one without a line feed."""
        self._now = now
        try:
            with self._path.open("rb") as file:
                file.seek(self._seen)
                data = file.read(_MOST_BYTES)
        except OSError:
            return  # removed by the command: then it says nothing
        whole = len(data) if to_the_end or len(data) == _MOST_BYTES else data.rfind(b"\n") + 1
        self._seen += whole
        for line in data[:whole].splitlines():
            if line.strip():
                self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            message = cast("object", json.loads(line))
            if not isinstance(message, dict):
                raise ValueError("it is no JSON object")
            self._understand(cast("dict[str, object]", cleaned(cast("object", message))))
        except ValueError as error:
            text = line[:200].decode(errors="replace")
            self._say("warning", f"FRESHLINE_MESSAGES: {error}: {text}")

    def _understand(self, message: Mapping[str, object]) -> None:
        known = {"metadata", "log", "check", "progress"} & set(message)
        if not known:
            raise ValueError("one of metadata, log, check and progress is needed")
        if "metadata" in message:
            output = str(message.get("output", ""))
            self.metadata.setdefault(output, {}).update(data(message["metadata"]))
        if "check" in message:
            self.checks.append(_check(message["check"]))
        if "log" in message:
            level = str(message.get("level", "info")).lower()
            if level not in _LEVELS:
                raise ValueError(f"a level is one of {', '.join(_LEVELS)}")
            self._say(level, str(message["log"]))
        if "progress" in message:
            done = message["progress"]
            if isinstance(done, bool) or not isinstance(done, int | float) or not 0 <= done <= 1:
                raise ValueError("progress goes from 0 to 1")
            text = str(message.get("message", ""))
            self._lines.line(Line(self._now, "info", text, "progress", float(done)))

    def _say(self, level: str, text: str) -> None:
        self._lines.line(Line(self._now, level, text))


def data(raw: object) -> dict[str, Datum]:
    """Return metadata from plain data: an object of kind and value, or a value that tells its kind.

    ValueError where it is something else.
    """
    if not isinstance(raw, dict):
        raise ValueError("metadata is an object")
    return {name: _datum(value) for name, value in cast("dict[str, object]", raw).items()}


def _datum(value: object) -> Datum:
    said = cast("dict[str, object]", value) if isinstance(value, dict) else {}
    if "kind" in said and "value" in said:
        if said["kind"] not in _KINDS:
            raise ValueError(f"a kind of metadata is one of {', '.join(_KINDS)}")
        return Datum(str(said["kind"]), said["value"])
    for kind, name in ((bool, "bool"), (int, "int"), (float, "float"), (str, "text")):
        if isinstance(value, kind):
            return Datum(name, value)
    return Datum("json", said or value)


def _check(raw: object) -> CheckTold:
    match raw:
        case {"name": str(name), "passed": bool(passed)}:
            rest = cast("dict[str, object]", raw)
        case _:
            raise ValueError("a check has a name and passed, true or false")
    try:
        severity = CheckSeverity(str(rest.get("severity", CheckSeverity.BLOCK)))
    except ValueError:
        known = ", ".join(severity.value for severity in CheckSeverity)
        raise ValueError(f"a severity is one of {known}") from None
    return CheckTold(
        name=name,
        passed=passed,
        severity=severity,
        description=str(rest.get("description", "")),
        output=str(rest.get("output", "")),
        metadata=data(rest.get("metadata", {})),
    )
