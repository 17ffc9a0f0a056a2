"""People's code as a project declares it: loaded by workers, followed in its text, remembered.

What a location's files declare is good as long as no Python file of the project is another, nor
what is installed for the location. Loading takes as long as the imports of those files.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from freshline.calls import Frame, Load, Raised, ToldFile
from freshline.code import Location
from freshline.codec import digest, digest_of
from freshline.declare.declared import FileDeclared
from freshline.declare.files import ProjectFile
from freshline.declare.finishing import finish_command, finish_function
from freshline.declare.layers import Layer
from freshline.declare.locations import location_of
from freshline.declare.process import ProcessVariables
from freshline.declare.project import Settings, layers_of, scope_of
from freshline.declare.python.reached import Reach, Reached
from freshline.declare.python.told import declare_python_file
from freshline.declare.python.version import Surroundings
from freshline.definitions import AssetDefinition
from freshline.errors import Diagnostic, FreshlineError, Severity
from freshline.lineage.outside import Outside


@dataclass(frozen=True, slots=True, kw_only=True)
class CachedCode:
    """What the code of one location declared, by the digest of all that it hangs on."""

    location: str
    content: str
    told: tuple[ToldFile, ...]


@dataclass(slots=True)
class Texts:
    """The project's Python files, each read once."""

    root: Path
    files: tuple[ProjectFile, ...]
    known: dict[str, str | None] = field(default_factory=dict[str, str | None])

    def read(self, path: str) -> str | None:
        """Return the text of a file of the project, None where there is none."""
        if path not in self.known:
            try:
                self.known[path] = (self.root / path).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError):
                self.known[path] = None
        return self.known[path]

    def digest(self) -> str:
        """Return the digest of all Python files."""
        return digest_of([(file.path, digest(self.read(file.path) or "")) for file in self.files])


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """One look at a project's code: where, for which environment, and what is asked of others."""

    texts: Texts
    settings: Settings
    environment: str
    outside: Outside
    remembered: tuple[CachedCode, ...] = ()
    reaches: dict[str, Reach] = field(default_factory=dict[str, Reach])

    def reach(self, location: Location) -> Reach:
        """Return who works out what functions of a location reach."""
        if location.name not in self.reaches:
            folders = tuple(dict.fromkeys((location.path, ".")))
            files = (file.path for file in self.texts.files)
            self.reaches[location.name] = Reach(self.texts.read, folders, partial(tuple, files))
        return self.reaches[location.name]


def has_code(files: Iterable[ProjectFile], said: Iterable[FileDeclared]) -> bool:
    """Say whether a project declares anything that is made by code."""
    return any(is_code(file.path) for file in files) or any(part.code for part in said)


def is_code(path: str) -> bool:
    """Say whether a file declares assets in Python."""
    return path.startswith("assets/") and path.endswith(".py")


def with_code(
    loading: Loading, files: Sequence[ProjectFile], said: Sequence[FileDeclared]
) -> tuple[list[FileDeclared], tuple[CachedCode, ...]]:
    """Return what all files declare with what their code is, and what to remember of that.

    What YAML names is finished by what a worker told of it, and each Python file below assets/ is
    there as one more.
    """
    locations = loading.settings.project.locations
    layers = layers_of(said)
    wanted: dict[Location, tuple[list[str], list[str]]] = {}
    for file in files:
        if is_code(file.path):
            wanted.setdefault(location_of(file.path, locations), ([], []))[0].append(file.path)
    for part in said:
        for asset in part.assets:
            if asset.key in part.code and asset.code is not None and asset.code.function:
                home = location_of(part.file, locations)
                wanted.setdefault(home, ([], []))[1].append(asset.code.function)
    kept: list[CachedCode] = []
    told: dict[tuple[str, str], ToldFile] = {}
    for location, (paths, functions) in wanted.items():
        cached = _told(loading, location, paths, sorted(set(functions)))
        kept.append(cached)
        told |= {(location.name, each.file): each for each in cached.told}
    finished = [_finished(loading, part, told, layers) for part in said]
    for location, (paths, _) in wanted.items():
        for path in paths:
            finished.append(_declared(loading, location, told[location.name, path], layers))
    return finished, tuple(kept)


def _told(
    loading: Loading, location: Location, files: Sequence[str], functions: Sequence[str]
) -> CachedCode:
    """Return what the code of a location declares, from memory where nothing is another."""
    content = digest(
        digest_of([location, files, functions]),
        loading.texts.digest(),
        _locked(loading, location),
    )
    for before in loading.remembered:
        if before.location == location.name and before.content == content:
            return before
    load = Load(
        root=str(loading.texts.root),
        location=location,
        files=tuple(files),
        functions=tuple(functions),
    )
    try:
        told = loading.outside.load(load)
    except FreshlineError as error:  # the location itself is not there
        file, span = loading.settings.project.file, location.span
        raised = Raised(
            type=f"location {location.name}",
            message=f"{error.message}\n{error.help}",
            frames=(Frame(file, span.line, "", is_user=True),) if span else (),
        )
        told = tuple(ToldFile(file=name, error=raised) for name in (*files, *functions))
        content = ""  # never taken from memory
    return CachedCode(location=location.name, content=content, told=told)


def _locked(loading: Loading, location: Location) -> str:
    try:
        return loading.outside.locked(location)
    except FreshlineError:
        return ""  # loading tells why


def _declared(
    loading: Loading,
    location: Location,
    told: ToldFile,
    layers: Mapping[str, Layer],
) -> FileDeclared:
    """Return what a Python file below assets/ declares."""
    file = told.file
    scope = loading.settings.scope(loading.environment)
    reach = loading.reach(location)
    return declare_python_file(
        file,
        loading.texts.read(file) or "",
        told,
        scope_of(file, scope, layers),
        {each.name: reach.reached(file, each.name) for each in told.functions},
        _around(loading, location, told),
    )


def _finished(
    loading: Loading,
    part: FileDeclared,
    told: Mapping[tuple[str, str], ToldFile],
    layers: Mapping[str, Layer],
) -> FileDeclared:
    """Return what a file declares with the code that it names put in."""
    if not part.code:
        return part
    location = location_of(part.file, loading.settings.project.locations)
    scope = scope_of(part.file, loading.settings.scope(loading.environment), layers)
    assets: list[AssetDefinition] = []
    causes = dict(part.causes)
    problems: list[Diagnostic] = []
    process = dict(part.process)
    for asset in part.assets:
        said, code = part.code.get(asset.key), asset.code
        if said is None or code is None:
            assets.append(asset)
            continue
        of_it = told.get((location.name, code.function), ToldFile(file=code.function))
        around = _around(loading, location, of_it)
        if code.command:
            found = finish_command(asset, said, loading.texts.read, around)
        else:
            module, _, name = code.function.partition(":")
            reach = _reached_module(loading, location, module, name)
            found = finish_function(asset, said, of_it, reach, scope, around)
        process |= around.process.asked
        problems += found.diagnostics
        if found.asset is None:
            errors = (each for each in found.diagnostics if each.severity is Severity.ERROR)
            causes[asset.key] = next(each.code for each in errors)
        else:
            assets.append(found.asset)
    return replace(
        part,
        assets=tuple(assets),
        broken=tuple(dict.fromkeys((*part.broken, *causes))),
        causes=causes,
        process=process,
        diagnostics=(*part.diagnostics, *problems),
    )


def _around(loading: Loading, location: Location, told: ToldFile) -> Surroundings:
    """Return what code runs among; without a lock that is what its import brought in."""
    installed = _locked(loading, location) if location.requirements else ""
    packages = installed or digest_of(sorted(told.packages.items()))
    process = ProcessVariables(os.environ)
    return Surroundings(packages=packages, process=process, read=loading.texts.read)


def _reached_module(loading: Loading, location: Location, module: str, name: str) -> Reached:
    """Return what a function of a module reaches; of one that is installed, its name alone."""
    path = module.replace(".", "/")
    for folder in dict.fromkeys((location.path, ".")):
        below = path if folder == "." else f"{folder}/{path}"
        for file in (f"{below}.py", f"{below}/__init__.py"):
            if loading.texts.read(file) is not None:
                return loading.reach(location).reached(file, name)
    return Reached(text=f"{module}:{name}", packages=(module.partition(".")[0],))
