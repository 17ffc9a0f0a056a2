"""The plug-in of pytest: tests in YAML of a project as its items, and a fixture of the project.

Nothing of Freshline is imported before a file of tests is found, or the fixture is asked for.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from freshline.declare.asset_tests import AssetTest, DeclaredTests
    from freshline.execute.asset_tests import Bench, Result
    from freshline.testing.materializing import ProjectUnderTest

_PROJECT_FILES = ("freshline.yaml", "freshline.yml")
_SUFFIXES = (".yaml", ".yml")
_OPTION = "--freshline-env"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the environment whose project is tested."""
    group = parser.getgroup("freshline")
    group.addoption(_OPTION, metavar="NAME", help="the environment that projects are tested in")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> "YamlTests | None":
    """Return the tests of a YAML file below the `tests` of a project."""
    if file_path.suffix.lower() not in _SUFFIXES or file_path.name.startswith("."):
        return None
    for folder in file_path.parents:
        if folder.name == "tests" and _is_project(folder.parent):
            # What pytest takes here has no types.
            return YamlTests.from_parent(  # pyright: ignore[reportUnknownMemberType]
                parent, path=file_path
            )
    return None


@pytest.fixture(scope="module")
def freshline_project(request: pytest.FixtureRequest) -> "ProjectUnderTest":
    """The project that a file of tests lies in: its `materialize` makes assets in memory."""
    from freshline.testing.materializing import ProjectUnderTest

    for folder in (*request.path.parents, request.config.rootpath):
        if _is_project(folder):
            return ProjectUnderTest(folder, cast("str | None", request.config.getoption(_OPTION)))
    pytest.fail(f"no freshline.yaml above {request.path}", pytrace=False)


def _is_project(folder: Path) -> bool:
    return any((folder / name).is_file() for name in _PROJECT_FILES)


class YamlTests(pytest.File):
    """One file of tests."""

    def collect(self) -> "Iterator[YamlTest]":
        """Yield its tests; what is wrong with the file itself is an error of collecting it."""
        project = _project_of(self)
        file = self.path.relative_to(project.root).as_posix()
        problems = [each for each in project.declared.problems if _file(each.span) == file]
        if problems:
            from freshline.cli.render import diagnostics_text

            raise self.CollectError(_plain(diagnostics_text(problems)))
        for test in project.declared.tests:
            if test.text.file == file:
                yield YamlTest.of(self, test)


def _file(span: object) -> str:
    return str(getattr(span, "file", ""))


class YamlTest(pytest.Item):
    """One test in YAML."""

    test: "AssetTest"

    @classmethod
    def of(cls, parent: YamlTests, test: "AssetTest") -> "YamlTest":
        """Return the item of a test."""
        item = cls.from_parent(  # pyright: ignore[reportUnknownMemberType]
            parent, name=test.name
        )
        item.test = test
        return item

    def runtest(self) -> None:
        """Run the asset on the rows given, and compare."""
        from freshline.execute.asset_tests import Verdict

        result = _project_of(self).bench.result(self.test)
        if result.verdict is not Verdict.PASSED:
            raise _Otherwise(result)

    def repr_failure(
        self, excinfo: "ExceptionInfo[BaseException]", style: object = None
    ) -> "str | TerminalRepr":
        """Return what `freshline test` says of it."""
        from freshline.errors import FreshlineError

        error = excinfo.value
        if isinstance(error, _Otherwise):
            from freshline.cli.differences import LEGEND
            from freshline.cli.testing import result_lines

            lines = result_lines(error.result)
            return _plain("\n".join([*lines, LEGEND] if error.result.difference else lines))
        if isinstance(error, FreshlineError):
            from freshline.cli.render import error_text

            return _plain(error_text(error))
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return the place of the test's name."""
        return self.path, self.test.span.line - 1, self.name


class _Otherwise(Exception):
    """A test did not come out as it says."""

    def __init__(self, result: "Result") -> None:
        super().__init__(result.name)
        self.result = result


class _Project:
    """A project while its tests run; compiled when the first of them does."""

    def __init__(self, root: Path, environment: str | None, closing: ExitStack) -> None:
        from freshline.declare.asset_tests import read_tests

        self.root, self._environment, self._closing = root, environment, closing
        self.declared: DeclaredTests = read_tests(root)
        self._bench: Bench | None = None

    @property
    def bench(self) -> "Bench":
        """Where its tests are run, one after the other."""
        if self._bench is None:
            from freshline.cli.compose import graph_of
            from freshline.cli.options import Common
            from freshline.cli.testing import calling
            from freshline.errors import DefinitionError
            from freshline.execute.asset_tests import bench

            said = Common(project=self.root, environment=self._environment)
            root, environment, graph = graph_of(said)
            if not graph.project.name:
                raise DefinitionError("the project cannot be read", diagnostics=graph.diagnostics)
            code = self._closing.enter_context(calling(root, environment))
            self._bench = self._closing.enter_context(bench(graph, code))
        return self._bench


_projects = pytest.StashKey[dict[Path, _Project]]()


def _project_of(node: pytest.Collector | pytest.Item) -> _Project:
    """Return the project of a file of tests, read once in a session."""
    known = node.config.stash.setdefault(_projects, {})
    folder = next(f for f in node.path.parents if f.name == "tests" and _is_project(f.parent))
    root = folder.parent
    if root not in known:
        closing = ExitStack()
        node.config.add_cleanup(closing.close)
        environment = cast("str | None", node.config.getoption(_OPTION))
        known[root] = _Project(root, environment, closing)
    return known[root]


def _plain(text: str) -> str:
    """Return a text without colour: pytest has its own."""
    import click

    return click.unstyle(text)
