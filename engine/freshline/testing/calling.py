"""Code of assets and checks called in this process, with inputs from the engine's tables."""

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import mkdtemp
from typing import cast

import msgspec

from freshline.calls import Call, Format, Given, Resource, Returned, Wanted, Workers
from freshline.code import Code, CodeInput
from freshline.errors import ComputeError
from freshline.execute.given import handed, without_rows
from freshline.execute.sql_engine import SqlEngine
from freshline.locations.wire import shaped
from freshline.sdk.specs import spec_of
from freshline.secrets import resolved
from freshline.testing.importing import importing
from freshline.testing.opening import Opened
from freshline.worker.calling import perform
from freshline.worker.parameters import signature_of
from freshline.worker.subjects import Subject


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Calls code of what is tested, given how to read each key.

    Of those `without_columns` nothing is known but that there are no rows. `files` are those that
    stand for upstreams where code asks for files. `resources` are given by the test: ready ones, or
    settings. `workers` run commands, which are no functions.
    """

    opened: Opened
    engine: SqlEngine
    folder: Path
    relations: Mapping[str, str]
    without_columns: Collection[str]
    files: Mapping[str, tuple[Path, ...]]
    resources: Mapping[str, object]
    workers: Callable[[], Workers]

    def call(
        self, code: Code, key: str, parameters: Mapping[str, str], wanted: tuple[Wanted, ...]
    ) -> Returned:
        """Return what came of calling the code of an asset; what it raises comes through."""
        scratch = Path(mkdtemp(dir=self.folder))
        ready = self._ready(code)
        call = Call(
            id=key,
            root=str(self.opened.root),
            location=self.opened.location(code),
            scratch=str(scratch),
            function=code.function,
            command=code.command,
            given=tuple(self._given(each, parameters[each.name], scratch) for each in code.inputs),
            wanted=wanted,
            config=cast("Mapping[str, object]", resolved(dict(code.config))),
            resources={name: each for name, each in self._made(code).items() if name not in ready},
            about={"run": "test", "environment": self.opened.environment, "asset": key},
        )
        if code.command:
            return self.workers().call(call, lambda line: None)
        with importing(call.root, self.opened.path(code)):
            subject = _subject(code.function, self.opened.function(code))
            asked = cast("Mapping[str, object]", msgspec.to_builtins(call))
            return shaped(perform(subject, asked, None, ready), Returned)

    def _given(self, each: CodeInput, key: str, scratch: Path) -> Given:
        if key not in self.relations:
            if not each.optional:
                raise ComputeError(
                    f"{key} is not there", help=f"give rows for it: inputs={{{key!r}: ...}}"
                )
            return replace(without_rows(each, key), missing=True)
        if key in self.without_columns:
            return without_rows(each, key)
        if each.form in ("path", "bytes") and key in self.files:
            files = tuple(map(os.fspath, self.files[key]))
            return Given(name=each.name, key=key, form=each.form, format=Format.FILE, files=files)
        return handed(self.engine, each, key, self.relations[key], scratch)

    def _ready(self, code: Code) -> Mapping[str, object]:
        """Return the resources that the test made itself, by parameter."""
        found: dict[str, object] = {}
        for parameter, name in code.resources.items():
            for each in (parameter, name):
                if each in self.resources and not isinstance(self.resources[each], Mapping):
                    found[parameter] = self.resources[each]
        return found

    def _made(self, code: Code) -> Mapping[str, Resource]:
        """Return the resources that have to be made, with the settings that the test gives."""
        known = {each.name: each for each in self.opened.declared.project.resources}
        found: dict[str, Resource] = {}
        for parameter, name in code.resources.items():
            given = self.resources.get(parameter, self.resources.get(name))
            if given is None or isinstance(given, Mapping):
                said = known[name]
                more = cast("Mapping[str, object]", given or {})
                kept = {k: v for k, v in said.settings.items() if k not in more}
                settings = cast("dict[str, object]", resolved(kept))
                found[parameter] = Resource(type=said.type, settings={**settings, **more})
        return found


def _subject(name: str, function: Callable[..., object]) -> Subject:
    return Subject(name, name, function, signature_of(function), spec_of(function))
