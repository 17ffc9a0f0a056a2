"""Code that YAML names, finished: what a worker told of it put together with what YAML says."""

from collections.abc import Callable
from typing import NamedTuple

from freshline.calls import ToldFile
from freshline.declare.about import Scope
from freshline.declare.declared import CodeSaid
from freshline.declare.python.version import Reaching, Surroundings
from freshline.definitions import AssetDefinition
from freshline.errors import Diagnostic


class Finished(NamedTuple):
    """An asset whose code is whole; None where it cannot be, for what the diagnostics say."""

    asset: AssetDefinition | None
    diagnostics: tuple[Diagnostic, ...] = ()


def finish_function(
    asset: AssetDefinition,
    said: CodeSaid,
    told: ToldFile,
    reached: Reaching,
    scope: Scope,
    around: Surroundings,
) -> Finished:
    """Return an asset of `run:` with its inputs, config, resources and version.

    `told` is what a worker told of the asset's `code.function`, and that alone. `scope` is that of
    the file which declares the asset.
    """
    raise NotImplementedError


def finish_command(
    asset: AssetDefinition,
    said: CodeSaid,
    read: Callable[[str], str | None],
    around: Surroundings,
) -> Finished:
    """Return an asset of `command:` with its version.

    `read` gives the text of a file of the project, None where there is none: a script that the
    command names counts with its text.
    """
    raise NotImplementedError
