"""The code version of a function: all of the project's code that can change what it computes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from freshline.declare.python.effects import Effects
from freshline.declare.python.finding import Finder
from freshline.declare.python.following import Following, Modules
from freshline.declare.python.leads import Leads
from freshline.declare.python.sections import text_of
from freshline.errors import Span


class EnvRead(NamedTuple):
    """A variable of the environment that code reads; `*` where its name is not written there."""

    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """What a function reaches.

    `text` is the project's code that can change what it computes, in one way of writing; `files`
    the files that this was worked out from. `packages` are the top-level names of what it uses from
    outside of the project and of the standard library. `unsure` are the places where code cannot be
    followed, each with what counts instead.
    """

    text: str
    files: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    env: tuple[EnvRead, ...] = ()
    unsure: tuple[tuple[Span, str], ...] = ()


class Reach:
    """Works out what functions of one project reach; what they share is looked at once.

    `read` gives the text of a file by its path from the root, None where there is none; different
    bytes have to give different texts. `folders` are the folders that imports look into, in their
    order. `modules` gives all Python files of the project: they count where code cannot be followed
    at all; without it, all that is imported counts there.
    """

    def __init__(
        self,
        read: Callable[[str], str | None],
        folders: Sequence[str],
        modules: Modules = tuple,
    ) -> None:
        self._finder = Finder(read, folders)
        self._leads = Leads(self._finder)
        self._effects = Effects(self._finder, self._leads)
        self._modules = modules

    def reached(self, file: str, name: str) -> Reached:
        """Return what the function of this qualified name reaches; never fails."""
        following = Following(self._finder, self._leads, self._effects, self._modules)
        following.follow(file, name)
        env = {EnvRead(name, span) for name, span in following.env}
        files = {*following.loaded, *following.opening.data}
        return Reached(
            text=text_of(following, file, name),
            files=tuple(sorted(files)),
            packages=tuple(sorted(following.packages)),
            env=tuple(sorted(env, key=lambda each: (_place(each.span), each.name))),
            unsure=tuple(sorted(following.unsure, key=lambda each: (_place(each[0]), each[1]))),
        )

    def missing(self) -> tuple[str, ...]:
        """Return the files that were looked for so far, and are not there.

        While these stay away and the `files` of a function stay as they are, so does what it
        reaches.
        """
        return self._finder.missing()


def _place(span: Span) -> tuple[str, int, int]:
    return (span.file, span.line, span.column)


def reached(
    read: Callable[[str], str | None], folders: Sequence[str], file: str, name: str
) -> Reached:
    """Return what a function reaches, by its file and its qualified name in it; never fails.

    See `Reach` for the arguments, and for many functions of one project.
    """
    return Reach(read, folders).reached(file, name)
