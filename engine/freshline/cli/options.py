"""Options that every command takes, before or after its name."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click


class Whole(click.IntRange):
    """A whole number, at least and at most so much; what it is not is told in a sentence."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number that a word is."""
        most = "" if self.max is None else f" and at most {self.max}"
        try:
            number = int(str(value))
        except ValueError:
            self.fail(f'"{value}" is no whole number.', param, ctx)
        if number < (self.min or 0) or (self.max is not None and number > self.max):
            self.fail(f"{number} will not do: it is at least {self.min}{most}.", param, ctx)
        return number


class Edges(Whole):
    """How many edges to follow, behind an option that may also stand alone."""

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        """Return the number that a word is."""
        if "." in str(value) and not str(value).replace(".", "").isdigit():
            self.fail(f'"{value}" is no whole number; an asset stands before it.', param, ctx)
        return super().convert(value, param, ctx)


F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True, kw_only=True)
class Common:
    """What the caller said once for all: where, which environment, how much to say."""

    project: Path | None = None
    environment: str | None = None
    color: bool | None = None
    verbosity: int = 0


def common(function: F) -> F:
    """Add the common options to a command; their values are found by `said`."""

    @click.option("-p", "--project", "said_project", metavar="DIR", help="The project's folder.")
    @click.option("--env", "said_environment", metavar="NAME", help="The environment.")
    @click.option("--no-color", "said_plain", is_flag=True, help="Write without colour.")
    @click.option("-q", "--quiet", "said_quiet", is_flag=True, help="Say only what is asked for.")
    @click.option("-v", "--verbose", "said_verbose", count=True, help="Say more.")
    @click.pass_context
    @wraps(function)
    def told(context: click.Context, /, *args: Any, **options: Any) -> Any:
        before: Common = context.obj if isinstance(context.obj, Common) else Common()
        project = options.pop("said_project")
        environment = options.pop("said_environment")
        plain = options.pop("said_plain") or "NO_COLOR" in os.environ
        verbosity = options.pop("said_verbose") - options.pop("said_quiet")
        now = replace(
            before,
            project=Path(project) if project is not None else before.project,
            environment=environment or before.environment,
            color=False if plain else before.color,
            verbosity=verbosity or before.verbosity,
        )
        context.obj = now
        context.color = now.color
        return function(*args, **options)

    return told  # type: ignore[return-value]


def said() -> Common:
    """Return the common options of the command that is running."""
    found = click.get_current_context().obj
    return found if isinstance(found, Common) else Common()


as_json = click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
selection = click.argument("selection", nargs=-1)
