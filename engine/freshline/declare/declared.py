"""What one file declares, as a value that stands for the file."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freshline.code import CodeCheck
from freshline.declare.layers import Layer
from freshline.declare.report import Placed, Quote, Report
from freshline.definitions import AssetDefinition, MacroDefinition, SourceDefinition
from freshline.errors import Diagnostic, Span
from freshline.refresh import ScheduleDefinition, SensorDefinition


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSaid:
    """What YAML says of the code of an asset, kept until a worker has told what the function takes.

    `place` is where the code is named; without inputs of its own they are left to the parameters.
    `places` say where else something stands: `config.window.days`, `resources.client`, and with a
    colon behind it where the name of that stands.
    """

    place: Quote
    has_inputs: bool = False
    code_version: str | None = None
    places: Mapping[str, Quote] = field(default_factory=dict[str, Quote])


@dataclass(frozen=True, slots=True, kw_only=True)
class FileDeclared:
    """What one file says, independent of every other: fit for a cache by content.

    `side_car` describes the asset of a SQL file beside this one, without the SQL. `front_matter` is
    where a SQL file describes itself. `layer` is what a folder's file says of what lies below it.
    `broken` are keys told apart but not understood; `causes` the codes of those that are so by what
    is said elsewhere. `places` and `paths` say where each key, and each source's path, is declared.
    `process` are the process variables that were read, with a stamp of each.

    `code` has an entry for each asset whose code is not finished: `freshline.declare.finishing`
    makes a whole definition of it, with what a worker told of the function. `code_checks` are
    checks written in Python, of whatever asset.
    """

    file: str
    assets: tuple[AssetDefinition, ...] = ()
    code: Mapping[str, CodeSaid] = field(default_factory=dict[str, CodeSaid])
    code_checks: tuple[CodeCheck, ...] = ()
    sources: tuple[SourceDefinition, ...] = ()
    macros: tuple[MacroDefinition, ...] = ()
    schedules: tuple[ScheduleDefinition, ...] = ()
    sensors: tuple[SensorDefinition, ...] = ()
    side_car: AssetDefinition | None = None
    front_matter: Span | None = None
    layer: Layer | None = None
    broken: tuple[str, ...] = ()
    causes: Mapping[str, str] = field(default_factory=dict[str, str])
    process: Mapping[str, str] = field(default_factory=dict[str, str])
    places: Mapping[str, Quote] = field(default_factory=dict[str, Quote])
    paths: Mapping[str, Quote] = field(default_factory=dict[str, Quote])
    diagnostics: tuple[Diagnostic, ...] = ()


class Gathering:
    """What is declared while a file is read: each key is kept, or known to be broken."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self._assets: list[AssetDefinition] = []
        self._sources: list[SourceDefinition] = []
        self._schedules: list[ScheduleDefinition] = []
        self._sensors: list[SensorDefinition] = []
        self._broken: list[str] = []
        self._aside: set[str] = set()
        self._code: dict[str, CodeSaid] = {}
        self._places: dict[str, Quote] = {}
        self._paths: dict[str, Quote] = {}

    def keep(
        self,
        part: Report,
        key: str | None,
        definition: AssetDefinition | SourceDefinition | None,
        place: Placed,
    ) -> None:
        """Keep a definition unless its part of the report failed; then its key is broken."""
        if key is None:
            return
        self.note_place(key, place)
        if part.failed or definition is None:
            self._broken.append(key)
        elif isinstance(definition, AssetDefinition):
            self._assets.append(definition)
        else:
            self._sources.append(definition)

    def keep_schedule(self, schedule: ScheduleDefinition) -> None:
        """Keep a schedule that is understood; one that is not is only told."""
        self._schedules.append(schedule)

    def keep_sensor(self, sensor: SensorDefinition) -> None:
        """Keep a sensor that is understood; one that is not is only told."""
        self._sensors.append(sensor)

    def refuse_second(self, part: Report, key: str, place: Placed) -> None:
        """Report a key that this file has declared already; then both are broken."""
        first = self._places.get(key) if key else None
        if first is None:
            return
        where = "in the same place" if first.span == part.span(place) else f"at {first.span}"
        related = ((first.span, "declared here too"),)
        fix = "keep one, or give one of them another key"
        part.error("E110", place, f"{key} is declared twice: here and {where}", fix, related)
        self._assets = [asset for asset in self._assets if asset.key != key]

    def set_aside(self, key: str) -> None:
        """Remember that what is said of a key here makes it broken, wherever it is declared."""
        self._broken.append(key)
        self._aside.add(key)

    def note_code(self, key: str, said: CodeSaid) -> None:
        """Remember what is said of code that a worker has yet to tell about."""
        self._code[key] = said

    def note_place(self, key: str, place: Placed) -> None:
        """Remember where a key is declared."""
        self._places[key] = self.quote(place)

    def note_path(self, key: str, place: Placed) -> None:
        """Remember where the path of a source is written."""
        self._paths[key] = self.quote(place)

    def quote(self, place: Placed) -> Quote:
        """Return a place with its line."""
        return self.report.quote(place)

    def declared(
        self, *, side_car: AssetDefinition | None = None, front_matter: Span | None = None
    ) -> FileDeclared:
        """Return what was gathered, with everything that was found wrong."""
        if self._aside:
            self._assets = [asset for asset in self._assets if asset.key not in self._aside]
        return FileDeclared(
            file=self.report.text.file,
            assets=tuple(self._assets),
            sources=tuple(self._sources),
            schedules=tuple(self._schedules),
            sensors=tuple(self._sensors),
            code={
                each.key: self._code[each.key] for each in self._assets if each.key in self._code
            },
            side_car=side_car,
            front_matter=front_matter,
            broken=tuple(self._broken),
            places=self._places,
            paths=self._paths,
            diagnostics=self.report.diagnostics(),
        )
