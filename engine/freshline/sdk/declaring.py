"""The decorators: they leave a function as it is and note beside it what it makes of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, overload

from freshline.sdk.specs import SETTINGS, Output, Spec, inputs_of, note, refuse_unknown, severity_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any, TypedDict, TypeVar

    from typing_extensions import Unpack

    from freshline.sdk.specs import Inputs

    F = TypeVar("F", bound=Callable[..., object])

    class About(TypedDict, total=False):
        """The keys of an asset in YAML, for editors and type checkers; Freshline judges them."""

        description: str
        owner: str
        group: str
        tags: Sequence[str]
        meta: Mapping[str, object]
        links: Sequence[object]
        lifecycle: str | Mapping[str, object]
        preview: bool
        kind: str
        storage: str | Mapping[str, object]
        columns: Mapping[str, object] | Sequence[str]
        checks: Sequence[object]
        primary_key: Sequence[str] | str
        was: str | Sequence[str]
        retries: int | Mapping[str, object]
        timeout: str | int
        volatile: str
        cutoff: str | Mapping[str, object]
        config: Mapping[str, object]
        isolation: str
        limits: Mapping[str, object]
        resources: Mapping[str, object]
        refresh: str | Mapping[str, object]
        freshness: str | Mapping[str, object]
        pool: str

    class MultiSettings(About, total=False):
        """What `@multi_asset` takes beside its outputs; settings count for all of them."""

        inputs: Inputs
        subset: bool
        code_version: str | int
        pure: bool
        reads_env: Sequence[str]

    class AssetSettings(About, total=False):
        """What `@asset` takes, all of it optional."""

        key: str
        inputs: Inputs
        code_version: str | int
        pure: bool
        reads_env: Sequence[str]


DECLARED: list[Callable[..., object]] = []  # in the order of decoration, for whoever loads files

_OF_CODE = ("inputs", "code_version", "pure", "reads_env")


@overload
def asset(function: F, /) -> F: ...
@overload
def asset(**settings: Unpack[AssetSettings]) -> Callable[[F], F]: ...
def asset(
    function: Callable[..., object] | None = None, /, **settings: object
) -> Callable[..., object]:
    """Declare that a function makes an asset of its parameters, which are upstream assets.

    Used as `@asset`, or as `@asset(...)` with `key` (else: the folder and the function's name),
    `inputs` (parameter to key, or to `Input(key, columns=[...])`), `code_version` (instead of what
    the code itself says), `pure=False` (it runs always), `reads_env` (environment variables it
    reads), and every key that an asset has in YAML. The function stays as it is, so a unit test
    may call it. TypeError for a keyword that is not known.
    """

    def decorate(function: Callable[..., object]) -> Callable[..., object]:
        spec = _spec("asset", "@asset", settings, ("key", *_OF_CODE))
        key = settings.get("key")
        if key is not None and not isinstance(key, str):
            raise TypeError(f"key of @asset is a text such as 'marts.churn', not {key!r}")
        spec.key = key
        return _declare("@asset", function, spec)

    return _as_written("@asset", decorate, function)


def multi_asset(
    *, outputs: Mapping[str, Output | str] | Sequence[str], **settings: Unpack[MultiSettings]
) -> Callable[[F], F]:
    """Declare that one call of a function makes several assets.

    `outputs` holds for each name an Output or a key; a list of names leaves the keys to the folder.
    The function returns a mapping of names to values, or a tuple in this order. With `subset=True`
    it may be asked for some of them only: `context.outputs` says which.
    """

    def decorate(function: F) -> F:
        spec = _spec("multi_asset", "@multi_asset", settings, (*_OF_CODE, "subset"))
        spec.subset = bool(settings.get("subset", False))
        spec.outputs = _outputs(outputs)
        _declare("@multi_asset", function, spec)
        return function

    if not outputs:
        raise TypeError("@multi_asset needs outputs={name: Output(...)}, at least one")
    return decorate


def check(
    of: str, *, severity: str = "block", inputs: Inputs | None = None, description: str = ""
) -> Callable[[F], F]:
    """Declare that a function judges an asset: it returns True, False or a CheckResult.

    The parameter that has the asset's name gets the rows that are about to be published; others
    are upstreams as those of an asset. `severity` is block, which keeps a bad version from being
    published, or warn.
    """

    def decorate(function: F) -> F:
        spec = Spec("check")
        spec.of = of
        spec.severity = severity_of(severity)
        spec.inputs = inputs_of("@check", inputs)
        spec.settings = {"severity": severity}
        if description:
            spec.settings["description"] = description
        _declare("@check", function, spec)
        return function

    if not isinstance(of, str):
        raise TypeError("@check takes the key of an asset: @check('marts.churn')")
    return decorate


def source(key: str, **settings: object) -> Callable[[F], F]:
    """Declare that a function looks at something outside and returns its version as a text.

    Whatever reads the source is stale when that text has changed since it was built.
    """

    def decorate(function: F) -> F:
        spec = _spec("source", "@source", settings, ("inputs", "reads_env"))
        spec.key = key
        _declare("@source", function, spec)
        return function

    if not isinstance(key, str):
        raise TypeError("@source takes the key of a source: @source('raw.prices')")
    return decorate


def _spec(kind: str, what: str, given: Mapping[str, object], own: tuple[str, ...]) -> Spec:
    """Return the spec of what all decorators of code take; the rest are keys as in YAML."""
    refuse_unknown(what, given, SETTINGS | frozenset(own), own)
    spec = Spec(kind)
    spec.inputs = inputs_of(what, given.get("inputs"))
    version = given.get("code_version")
    spec.code_version = None if version is None else str(version)
    spec.pure = bool(given.get("pure", True))
    spec.reads_env = _names(what, "reads_env", given.get("reads_env", ()))
    spec.settings = {name: value for name, value in given.items() if name not in own}
    return spec


def _names(what: str, keyword: str, given: object) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, (list, tuple, set, frozenset)):
        raise TypeError(f"{keyword} of {what} is a list of names, not {given!r}")
    return tuple(str(each) for each in given)


def _outputs(given: Any) -> dict[str, Output]:
    if isinstance(given, str):
        raise TypeError("outputs of @multi_asset are a mapping of names to Output(...), not a text")
    if not hasattr(given, "items"):
        return {str(name): Output() for name in given}
    outputs: dict[str, Output] = {}
    for name, value in given.items():
        if not isinstance(value, (str, Output)):
            raise TypeError(f"outputs[{name!r}] of @multi_asset is {value!r}: expected Output(...)")
        outputs[str(name)] = Output(value) if isinstance(value, str) else value
    return outputs


def _declare(what: str, function: Callable[..., object], spec: Spec) -> Callable[..., object]:
    if not callable(function) or isinstance(function, type):
        raise TypeError(f"{what} decorates a function, not {function!r}")
    note(function, spec)
    DECLARED.append(function)
    return function


def _as_written(
    what: str,
    decorate: Callable[[Callable[..., object]], Callable[..., object]],
    function: object,
) -> Callable[..., object]:
    """Return the decorated function of `@asset`, or the decorator of `@asset(...)`."""
    if function is None:
        return decorate
    if isinstance(function, str):
        raise TypeError(f"write {what}(key={function!r})")
    if not callable(function):
        raise TypeError(f"{what} decorates a function, not {function!r}")
    return decorate(function)
