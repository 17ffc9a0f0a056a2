"""The version of code: a hash of all that a result hangs on beside the inputs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from freshline.code import Code, ResourceDefinition
from freshline.codec import digest, digest_of
from freshline.declare.process import ProcessVariables, stamp
from freshline.declare.report import Quote
from freshline.declare.text import shown
from freshline.errors import Span


def nothing_read(path: str) -> str | None:
    """Return the text of a file of a project of which nothing is at hand."""
    return None


def nothing_followed(name: str) -> str:
    """Return the code of a class of which nothing is at hand."""
    return ""


def nothing_asked() -> ProcessVariables:
    """Return the variables of a process that has none."""
    return ProcessVariables({})


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What code runs among: the digest of what is installed for it, and the process's variables.

    `read` gives the text of a file of the project, for excerpts; `follow` the code of the project
    that a class, as module:Class, is made of.
    """

    packages: str = ""
    process: ProcessVariables = field(default_factory=nothing_asked)
    read: Callable[[str], str | None] = nothing_read
    follow: Callable[[str], str] = nothing_followed

    def quote(self, span: Span) -> Quote:
        """Return a place with its line; the line is empty where its file is not at hand."""
        text = self.read(span.file)
        lines = text.split("\n") if text is not None else []
        is_there = span.line <= len(lines)
        return Quote(span, shown(lines[span.line - 1].rstrip("\r")) if is_there else "")


def versioned(
    code: Code,
    code_version: str | None,
    around: Surroundings,
    resources: Sequence[ResourceDefinition],
    takes: object = None,
) -> str:
    """Return the version of code whose `text` is what it reaches.

    Where the author gives a `code_version`, that counts in the place of the text and of what is
    installed. Config counts with its values and, by `takes`, with what the function says of them;
    `resources` count with the code of their classes, which may be others than the function names,
    and with their settings, in which secrets are references; process variables count with their
    values, as far as they are declared to be read.
    """
    if code_version is None:
        what: tuple[str, ...] = ("code", code.text, around.packages)
    else:
        what = ("declared", code_version)
    given = {
        "command": code.command,
        "config": code.config,
        "takes": takes,
        "resources": {
            each.name: [each.type, each.settings, digest(around.follow(each.type))]
            for each in resources
        },
        "receive": dict(code.resources),
        "forms": {each.name: each.form for each in code.inputs},
        "returns": code.returns,
        "environment": environment_of(code.reads_env, around.process),
    }
    return digest(*what, digest_of(given))


def environment_of(names: Sequence[str], process: ProcessVariables) -> Mapping[str, str]:
    """Return process variables with a stamp of the value of each."""
    found = {name: process.get(name) for name in sorted(set(names))}
    known = {name: value for name, value in found.items() if value is not None}
    return {name: stamp(known, name) for name in found}
