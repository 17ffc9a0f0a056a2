"""What decorators note on a function: inputs, outputs, and everything else that was said of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, Union

    Inputs = Union[Mapping[str, Union[str, Sequence[str], "Input"]], Sequence[str]]

SPEC = "__freshline__"  # the attribute of a function that holds its Spec


class Input:
    """What a parameter stands for: the key of an upstream, and the columns that are needed.

    The function gets exactly these columns, and runs again only where they change; without
    `columns` it gets all. Of an `optional` upstream that does not exist yet the function gets None,
    or the parameter's default. Without `trigger` changes of the upstream alone run nothing, and
    with `ignore_checks` it is read although a blocking check fails on it.
    """

    __slots__ = ("columns", "ignore_checks", "key", "optional", "trigger")

    def __init__(
        self,
        key: str = "",
        *,
        columns: Sequence[str] | None = None,
        optional: bool = False,
        trigger: bool = True,
        ignore_checks: bool = False,
    ) -> None:
        if not isinstance(key, str):
            raise TypeError(f"Input takes the key of an asset, such as 'stg.orders', not {key!r}")
        if isinstance(columns, str):
            raise TypeError(f"columns of Input are a list of names: columns=[{columns!r}]")
        self.key = key
        self.columns = None if columns is None else tuple(columns)
        self.optional = bool(optional)
        self.trigger = bool(trigger)
        self.ignore_checks = bool(ignore_checks)

    def __repr__(self) -> str:
        return f"Input({self.key!r}, columns={self.columns!r}, optional={self.optional!r})"


class Output:
    """One of several outputs of a function: its key, and the settings of an asset in YAML.

    An `optional` one may be left out, or be None: then what was there before stays.
    """

    __slots__ = ("key", "optional", "settings")

    def __init__(
        self, key: str | None = None, *, optional: bool = False, **settings: object
    ) -> None:
        if key is not None and not isinstance(key, str):
            raise TypeError(f"Output takes the key of an asset, such as 'marts.a', not {key!r}")
        refuse_unknown("Output", settings, SETTINGS, ("key", "optional"))
        self.key = key
        self.optional = bool(optional)
        self.settings: Mapping[str, object] = settings

    def __repr__(self) -> str:
        return f"Output({self.key!r}, optional={self.optional!r})"


class CheckResult:
    """What a check found: whether it passed, in words if wanted, with metadata for the catalog."""

    __slots__ = ("description", "metadata", "passed", "severity")

    def __init__(
        self,
        passed: bool,
        *,
        description: str = "",
        severity: str | None = None,
        metadata: Mapping[str, object] | None = None,
    ) -> None:
        self.passed = bool(passed)
        self.description = description
        self.severity = None if severity is None else severity_of(severity)
        self.metadata: Mapping[str, object] = dict(metadata or {})

    def __bool__(self) -> bool:
        return self.passed


class Spec:
    """All that a decorator said of one function; `kind` is asset, multi_asset, check or source."""

    __slots__ = (
        *("code_version", "inputs", "key", "kind", "of", "outputs"),
        *("pure", "reads_env", "settings", "severity", "subset"),
    )

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.key: str | None = None
        self.of: str | None = None
        self.inputs: dict[str, Input] = {}
        self.outputs: dict[str, Output] = {}
        self.settings: dict[str, object] = {}
        self.pure = True
        self.code_version: str | None = None
        self.subset = False
        self.reads_env: tuple[str, ...] = ()
        self.severity = "block"


SETTINGS = frozenset(
    (
        *("description", "owner", "group", "tags", "meta", "links", "lifecycle", "preview"),
        *("kind", "storage", "columns", "checks", "primary_key", "was"),
        *("retries", "timeout", "volatile", "cutoff", "config", "isolation", "limits", "resources"),
        *("refresh", "freshness", "pool"),
    )
)


def severity_of(text: str) -> str:
    """Return the severity if it is one: block or warn; else ValueError."""
    if text not in ("block", "warn"):
        raise ValueError(f"severity is 'block' or 'warn', not {text!r}")
    return text


def refuse_unknown(
    what: str, given: Mapping[str, object], known: frozenset[str], own: tuple[str, ...]
) -> None:
    """Raise TypeError with the likely word where `given` holds a keyword that is not known."""
    for name in given:
        if name not in known:
            from difflib import get_close_matches

            close = get_close_matches(name, (*own, *sorted(known)), 1)
            hint = f"did you mean {close[0]!r}?" if close else ""
            listed = f"It takes: {', '.join((*own, *sorted(known)))}"
            raise TypeError(f"{what} has no keyword {name!r}: {hint or listed}")


def inputs_of(what: str, given: Any) -> dict[str, Input]:
    """Return inputs by parameter from every form that they may be written in.

    A mapping says for each parameter its key, its columns (of the key that the parameter's name
    stands for), or an Input. A list of keys names parameters after their last segments.
    """
    if given is None:
        return {}
    if isinstance(given, str):
        raise TypeError(f"inputs of {what} are a mapping of parameters to keys, not a text")
    if hasattr(given, "items"):
        return {str(name): _input(what, str(name), value) for name, value in given.items()}
    return {str(key).rpartition(".")[2]: Input(str(key)) for key in given}


def _input(what: str, name: str, value: Any) -> Input:
    if isinstance(value, Input):
        return value
    if isinstance(value, str):
        return Input(value)
    if isinstance(value, (list, tuple)) and all(isinstance(each, str) for each in value):
        return Input(columns=value)
    said = "a key, a list of columns or Input(...)"
    raise TypeError(f"inputs[{name!r}] of {what} is {value!r}: expected {said}")


def spec_of(function: object) -> Spec | None:
    """Return what a decorator noted on a function, None where there is none."""
    found = getattr(function, SPEC, None)
    return found if isinstance(found, Spec) else None


def note(function: Callable[..., object], spec: Spec) -> None:
    """Attach a spec to a function, which may carry one only."""
    if spec_of(function) is not None:
        name = getattr(function, "__name__", "it")
        raise TypeError(f"{name} is decorated twice: a function is one asset, check or source")
    setattr(function, SPEC, spec)
