"""A project in a notebook or script: `freshline.open(".")`, then read, query, plan and apply."""

import math
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import click
import duckdb
from duckdb import DuckDBPyRelation

from freshline.cli.compose import Project as _Project
from freshline.cli.compose import holder, opened
from freshline.cli.current import engine_for, engine_over, relation_of
from freshline.cli.options import Common
from freshline.cli.render import diagnostics_text, error_text, held_text, plan_text
from freshline.cli.rows import explained, one_select
from freshline.cli.select import one_asset, selected
from freshline.cli.table import table
from freshline.cli.waiting import shown_in_line
from freshline.errors import Diagnostic, FreshlineError, UsageError
from freshline.execute.apply import Order, succeeded
from freshline.execute.rounds import apply_in_rounds
from freshline.execute.run import Status
from freshline.execute.runner import Patience
from freshline.execute.sql_engine import SqlEngine
from freshline.reconcile.observe import look, plan_from
from freshline.reconcile.planned import Plan, Wish

_JOBS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """What an apply would do now; shown as `freshline plan` shows it."""

    plan: Plan
    text: str

    @property
    def steps(self) -> tuple[str, ...]:
        """The keys of the assets that have something to do, in order."""
        return tuple(step.asset for step in self.plan.steps)

    def __repr__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """How an apply went: the status of every asset that had something to do, and the errors.

    `problems` is everything that is wrong with the project as written.
    """

    succeeded: bool
    plan: Plan
    status: Mapping[str, Status]
    errors: Mapping[str, FreshlineError]
    problems: tuple[Diagnostic, ...] = ()

    def __repr__(self) -> str:
        if not self.status:
            lines = [f"nothing is stale: {len(self.plan.fresh)} fresh"]
        else:
            lines = table(("asset", "status"), [(k, v.value) for k, v in self.status.items()])
        for key, error in self.errors.items():
            lines += ["", f"{key} failed:", error_text(error)]
        if self.problems:
            lines += ["", diagnostics_text(self.problems)]
        return click.unstyle("\n".join(lines))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Whether each asset is fresh, stale, missing, pinned ..., by key; with a word about why."""

    verdicts: Mapping[str, str]
    reasons: Mapping[str, str]

    def __getitem__(self, key: str) -> str:
        return self.verdicts[key]

    def __repr__(self) -> str:
        rows = [(verdict, key, self.reasons[key]) for key, verdict in self.verdicts.items()]
        return "\n".join(table(("status", "asset", "why"), rows))


class Project:
    """A project that is open for reading, asking and building; close it, or use `with`.

    Every call looks at the files anew, so what was edited in between counts. A relation reads the
    version that was current when it was made, until the project is closed.
    """

    def __init__(self, path: str | Path = ".", environment: str | None = None) -> None:
        """Open the project that a folder belongs to; UsageError where it belongs to none."""
        self._said = Common(project=Path(path), environment=environment)
        self._engines: list[SqlEngine] = []
        self._closed = False
        with self._opened() as project:
            self.root = project.root
            self.environment = project.environment

    @property
    def assets(self) -> tuple[str, ...]:
        """The keys of the assets, each behind those that it reads."""
        with self._opened() as project:
            return tuple(project.graph.assets)

    @property
    def sources(self) -> tuple[str, ...]:
        """The keys of the sources."""
        with self._opened() as project:
            return tuple(project.graph.sources)

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """Everything that is wrong with the project as written, or worth knowing."""
        with self._opened() as project:
            return project.graph.diagnostics

    def read(self, key: str) -> DuckDBPyRelation:
        """Return the rows of an asset's current version, or of a source, as a DuckDB relation.

        `.df()`, `.pl()` and `.arrow()` turn it into what pandas, polars and Arrow know. UsageError
        where there is no such asset, or it has not been built yet.
        """
        with self._opened() as project:
            key = one_asset(project, key, may_be_aside=True)
            current = relation_of(project, key)
            if current is None:
                raise UsageError(f"{key} has no rows to read", help=f'build it: apply("{key}")')
            return self._ask(project, engine_over(project), f"SELECT * FROM {current}")

    def query(self, sql: str) -> DuckDBPyRelation:
        """Return the rows of one SELECT over the current versions of assets and sources."""
        with self._opened() as project:
            sql = one_select(sql)
            return self._ask(project, engine_for(project, sql, (), {}), sql)

    def plan(self, selection: str | None = None) -> Planned:
        """Return what an apply of a selection, of everything by default, would do, and why."""
        with self._opened() as project:
            plan = _planned(project, selection)
            text = [plan_text(plan, project.declared)]
            if plan.problems:
                text.append(diagnostics_text(plan.problems))
            return Planned(plan=plan, text=click.unstyle("\n".join(text)))

    def apply(
        self,
        selection: str | None = None,
        *,
        only: bool = False,
        force: bool = False,
        wait: bool = True,
    ) -> Applied:
        """Make a selection, everything by default, fresh, and return how that went.

        An asset that fails is in the result. Where somebody has the environment alone, it waits and
        says for whom; without `wait` that is a BusyError.
        """
        with self._opened() as project:
            wish = Wish(selected=_selected(project, selection), only=only, force=force)
            order = Order(
                wish=wish,
                holder=holder(project.environment, "apply"),
                command=f"{Path(sys.argv[0]).name or 'python'}: apply",
                jobs=_JOBS,
                patience=Patience(in_line=math.inf if wait else 0.0),
                wait=shown_in_line(self._said) if wait else None,
            )
            with project.working() as ports:
                done = apply_in_rounds(project.place, ports, order, _agree, _show_nothing)
            report = done.report
            return Applied(
                succeeded=succeeded(done),
                plan=done.plan,
                status=report.status if report else {},
                errors=report.errors if report else {},
                problems=done.plan.problems,
            )

    def status(self, selection: str | None = None) -> Standing:
        """Return for each asset of a selection whether it is fresh, and if not, why."""
        with self._opened() as project:
            plan = _planned(project, selection)
            found = {fresh.asset: ("fresh", fresh.proof) for fresh in plan.fresh}
            for step in plan.steps:
                word = "missing" if step.action == "create" else "stale"
                why = "; ".join(reason.detail for reason in step.reasons)
                found[step.asset] = (word if step.certain else "maybe stale", why)
            for word, kept in (("pinned", plan.pinned), ("paused", plan.paused)):
                found |= {held.asset: (word, held_text(held)) for held in kept}
            for blocked in plan.blocked:
                found[blocked.asset] = ("blocked", blocked.why)
            for aside in plan.quarantined:
                found[aside.asset] = ("set aside", aside.because or aside.code)
            order = [*project.graph.assets, *project.graph.quarantined]
            keys = [key for key in order if key in found]
            return Standing(
                verdicts={key: found[key][0] for key in keys},
                reasons={key: found[key][1] for key in keys},
            )

    def close(self) -> None:
        """Let go of all that was read; relations that are still around end here."""
        self._closed = True
        for engine in self._engines:
            engine.close()
        self._engines.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = " (closed)" if self._closed else ""
        return f"<freshline project {self.root}, environment {self.environment}{state}>"

    @contextmanager
    def _opened(self) -> Generator[_Project]:
        if self._closed:
            raise UsageError("this project is closed", help="open it again: freshline.open(...)")
        with opened(self._said) as project:
            yield project

    def _ask(self, project: _Project, engine: SqlEngine, sql: str) -> DuckDBPyRelation:
        self._engines.append(engine)
        try:
            return engine.cursor().sql(sql)
        except duckdb.Error as error:
            raise explained(project, error, sql) from error


def open_project(path: str | Path = ".", environment: str | None = None) -> Project:
    """Open the project that a folder belongs to; handed out as `freshline.open`."""
    return Project(path, environment)


def _selected(project: _Project, selection: str | None) -> frozenset[str] | None:
    words: Sequence[str] = [selection] if selection else []
    return selected(project, words, with_aside=True)


def _planned(project: _Project, selection: str | None) -> Plan:
    seen = look(project.graph, project.root, project.environment, project.sight)
    plan, _ = plan_from(seen, project.sight, Wish(selected=_selected(project, selection)))
    return plan


def _agree(plan: Plan) -> None:
    """Agree to whatever is planned: who calls apply means it."""


def _show_nothing(progress: object) -> None:
    """Show no progress: the result says how it went."""
