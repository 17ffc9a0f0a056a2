"""Variables of the process that a project reads, and how a change of one is noticed."""

from collections.abc import Mapping

from freshline.codec import digest


class ProcessVariables:
    """The variables of the process, and which of them were asked for while a file was read.

    What is remembered of each is its name and a digest of its value, never the value.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.asked: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        """Return the value of one, None where it is not set or is no text."""
        self.asked[name] = stamp(self._variables, name)
        value = self._variables.get(name)
        return value if value is not None and _is_text(value) else None


def stamp(variables: Mapping[str, str], name: str) -> str:
    """Return what changes when a process variable does: a digest, empty where it is not set."""
    value = variables.get(name)
    return "" if value is None else digest(value.encode(errors="surrogatepass"))


def is_as_it_was(variables: Mapping[str, str], stamps: Mapping[str, str]) -> bool:
    """Say whether process variables are what they were when they were stamped."""
    return all(stamp(variables, name) == seen for name, seen in stamps.items())


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
