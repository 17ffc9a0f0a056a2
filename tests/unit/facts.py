"""Little worlds built by hand: a graph, what was recorded of it, what the storage holds now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from freshline.definitions import (
    AssetDefinition,
    Column,
    ProjectDefinition,
    SourceDefinition,
    SqlText,
)
from freshline.errors import Span
from freshline.keys import Target
from freshline.lineage.canonical import canonicaliser, code_version
from freshline.lineage.graph import Asset, Graph, Source, in_order
from freshline.ports import Condition, Inspection
from freshline.reconcile.facts import Facts
from freshline.reconcile.fingerprint import config, source_version
from freshline.state import Observation, State, TargetState
from freshline.versions import (
    WHOLE,
    Build,
    Logic,
    Output,
    PublishKind,
    Read,
    Trace,
    Version,
)

COLUMNS = (Column("x", "BIGINT"),)
PROJECT = ProjectDefinition(name="p")
ENVIRONMENT = "main"


def asset(key: str, text: str = "select 1 as x", reads: Sequence[str] = ()) -> Asset:
    """Return an asset that is compiled from a text as far as anybody looks."""
    file = f"assets/{key.replace('.', '/')}.sql"
    definition = AssetDefinition(
        key=key,
        file=file,
        span=Span(file=file, line=1, column=1),
        sql=SqlText(text=text, original=text, file=file),
    )
    version = code_version(definition.kind, text, COLUMNS)
    return Asset(
        definition=definition,
        upstreams=tuple(reads),
        text=text,
        columns=COLUMNS,
        code_version=version,
    )


def source(key: str) -> Source:
    """Return a source of one file."""
    span = Span(file="sources/raw.yaml", line=2, column=3)
    file = f"{key}.csv"
    definition = SourceDefinition(
        key=key, file="sources/raw.yaml", span=span, path=file, format="csv"
    )
    return Source(definition=definition, files=(file,), columns=COLUMNS)


@dataclass(slots=True)
class Tale:
    """A project as its author has it, and all that happened to it.

    `content` is what the rows of each version hash to; two versions with one content are equal.
    """

    reads: dict[str, tuple[str, ...]]
    texts: dict[str, str] = field(default_factory=dict[str, str])
    observed: dict[str, str] = field(default_factory=dict[str, str])
    builds: dict[str, Build] = field(default_factory=dict[str, Build])
    history: dict[str, tuple[Build, ...]] = field(default_factory=dict[str, tuple[Build, ...]])
    logic: dict[str, Logic] = field(default_factory=dict[str, Logic])
    inspections: dict[str, Inspection] = field(default_factory=dict[str, Inspection])
    gone: set[str] = field(default_factory=set[str])
    project: ProjectDefinition = PROJECT

    def sources(self) -> tuple[str, ...]:
        """Return what is read and is no asset."""
        read = {key for reads in self.reads.values() for key in reads}
        return tuple(sorted(read - self.reads.keys()))

    def graph(self) -> Graph:
        """Return the project compiled."""
        return Graph(
            project=self.project,
            assets={
                key: asset(key, self.texts.get(key, "select 1 as x"), self.reads[key])
                for key in in_order(self.reads)
            },
            sources={key: source(key) for key in self.sources()},
        )

    def built(self, key: str, content: str, *, keep: bool = True) -> Build:
        """Build an asset from what its upstreams are now, as an apply would record it."""
        compiled = self.graph().assets[key]
        number = 1 + max((b.version.number for b in self.history.get(key, ())), default=0)
        mat_id = f"{key}#{number}"
        build = Build(
            version=Version(
                target=target(key),
                number=number,
                publish_id=mat_id,
                mat_id=mat_id,
                fence=number,
                kind=PublishKind.BUILD,
                at=float(number),
                rows=1,
                columns=COLUMNS,
                files=(),
            ),
            trace=Trace(
                code_version=compiled.code_version,
                canonicaliser=canonicaliser(),
                config=config(compiled.definition, self.project),
                inputs=tuple(self._read(upstream) for upstream in self.reads[key]),
                outputs=(Output(WHOLE, content),),
                engine="duckdb",
            ),
        )
        self.builds[key] = build
        if keep:
            self.history[key] = (build, *self.history.get(key, ()))
        schemas = tuple((upstream, COLUMNS) for upstream in self.reads[key])
        self.logic[mat_id] = Logic(text=compiled.definition.sql.text, schemas=schemas)
        return build

    def facts(self) -> Facts:
        """Return what one look at this world sees."""
        known = {
            target(key): TargetState(target=target(key), build=build)
            for key, build in self.builds.items()
        }
        here = {key: b for key, b in self.builds.items() if key in self.reads}
        intact = Inspection(Condition.INTACT)
        return Facts(
            graph=self.graph(),
            state=State(targets=known),
            project=self.project.name,
            environment=ENVIRONMENT,
            builds={key: build for key, build in here.items() if key not in self.gone},
            inspections={key: self.inspections.get(key, intact) for key in here},
            sources={
                key: Observation(version=self.observed.get(key, "v1"), signature={}, at=1.0)
                for key in self.sources()
            },
            logic=self.logic,
            history=self.history,
        )

    def _read(self, upstream: str) -> Read:
        if upstream in self.reads:
            build = self.builds[upstream]
            return Read(upstream, build.version.mat_id, build.trace.data_version)
        version = seen_as(upstream, self.observed.get(upstream, "v1"))
        return Read(upstream, version, version)


def seen_as(key: str, version: str) -> str:
    """Return what readers of a source see when its files are at a version."""
    observed = Observation(version=version, signature={}, at=1.0)
    return source_version(source(key), observed)


def target(key: str) -> Target:
    """Return the address of a key's state."""
    return Target(PROJECT.name, ENVIRONMENT, key)


def tale(reads: Mapping[str, Sequence[str]], *, built: bool = True) -> Tale:
    """Return a world whose assets were all built once, each with a content of its own."""
    found = Tale(reads={key: tuple(upstreams) for key, upstreams in reads.items()})
    if built:
        for key in in_order(found.reads):
            found.built(key, f"rows of {key}")
    return found


def changed(build: Build, **values: object) -> Build:
    """Return a build whose trace differs in some values."""
    return replace(build, trace=replace(build.trace, **values))  # type: ignore[arg-type]
