"""Assets made in memory for tests: SQL by DuckDB, functions in this process, nothing kept.

A function gets and gives rows as it does in a worker, by the worker's own code: through files in a
temporary folder that is gone afterwards. No catalog, no storage and no file of the project is
touched.
"""

import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Literal, cast

import freshline
from freshline.errors import FreshlineError, UsageError
from freshline.notebook import Project as OpenProject
from freshline.testing.making import Given, Making, scratch
from freshline.testing.materialized import Materialized
from freshline.testing.opening import Function, Opened, open_functions, open_project

_OURS = str(Path(freshline.__file__).parent)


@dataclass(frozen=True, slots=True)
class ProjectUnderTest:
    """A project that tests are about, in one of its environments (None: the first)."""

    root: Path
    environment: str | None = None

    def materialize(
        self,
        selection: str | Sequence[str] | None = None,
        *,
        inputs: Mapping[str, object] | None = None,
        config: Mapping[str, Mapping[str, object]] | None = None,
        resources: Mapping[str, object] | None = None,
    ) -> Materialized:
        """Make assets of the project in memory; see `freshline.testing.materialize`."""
        __tracebackhide__ = True
        return materialize(self, selection, inputs=inputs, config=config, resources=resources)


Subject = ProjectUnderTest | str | Path | OpenProject | Function | Sequence[Function]


def materialize(
    project: Subject,
    selection: str | Sequence[str] | None = None,
    *,
    inputs: Mapping[str, object] | None = None,
    storage: Literal["memory"] = "memory",
    config: Mapping[str, Mapping[str, object]] | None = None,
    resources: Mapping[str, object] | None = None,
) -> Materialized:
    """Make assets in memory and return them; nothing is read but what the project declares.

    `project` is a project's folder, or one function or several, which then are all there is.
    `selection` says which assets, as on the command line; without one, all. What they need is made
    too, unless `inputs` gives rows for it, by key: a list of dicts, a data frame, a table of Arrow,
    a relation of DuckDB, a text of CSV, a Path, bytes; None for what is optional and not there.
    `config` is by asset, over what is declared; `resources` by name or parameter, made or settings.

    What a function raises comes through as it is. UsageError, DefinitionError and ComputeError say
    what else is wrong.
    """
    __tracebackhide__ = True
    try:
        if storage != "memory":
            raise UsageError(f"storage is 'memory', not {storage!r}", help="leave it out")
        return _materialized(project, selection, inputs or {}, config or {}, resources or {})
    except BaseException as error:
        if isinstance(error, FreshlineError) and error.help:
            error.add_note(error.help)
        # The same error again: `from` it would say that one came of the other.
        raise error.with_traceback(_without_ours(error.__traceback__))  # noqa: B904


def _without_ours(trace: TracebackType | None) -> TracebackType | None:
    """Return a traceback from where it leaves our own code for the author's."""
    while trace is not None and trace.tb_frame.f_code.co_filename.startswith(_OURS):
        trace = trace.tb_next
    return trace


def _materialized(
    project: Subject,
    selection: str | Sequence[str] | None,
    inputs: Mapping[str, object],
    config: Mapping[str, Mapping[str, object]],
    resources: Mapping[str, object],
) -> Materialized:
    opened = _opened(project, config, resources)
    folder = Path(mkdtemp(dir=scratch()))
    try:
        work = Making(opened, inputs, folder, Given(config=config, resources=resources))
        return work.materialized([selection] if isinstance(selection, str) else selection or ())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _opened(
    project: Subject, config: Mapping[str, Mapping[str, object]], resources: Mapping[str, object]
) -> Opened:
    match project:
        case str() | Path():
            return open_project(Path(project))
        case OpenProject() | ProjectUnderTest():
            return open_project(project.root, project.environment)
        case _ if callable(project):
            return open_functions([project], config, resources)
        case _:
            return open_functions(cast("Iterable[Function]", project), config, resources)
