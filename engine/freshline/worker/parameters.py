"""The parameters of a function and what each is for, read from the function itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from freshline.sdk.specs import spec_of
from freshline.worker.annotations import UNSAID, Wish, annotations_of, unwrapped, wish_of

if TYPE_CHECKING:
    from collections.abc import Callable

_POSITIONAL, _KEYWORDS = 0x04, 0x08  # flags of a code object: *args, **kwargs


class Parameter(NamedTuple):
    """One parameter: what it is for, and whether the function can do without."""

    name: str
    wish: Wish
    has_default: bool


class Signature(NamedTuple):
    """All parameters of a function that are for us, and what it says that it returns."""

    parameters: tuple[Parameter, ...]
    takes_more: bool  # **kwargs
    returns: Wish

    def named(self, role: str) -> str:
        """Return the name of the parameter of a role, empty without one."""
        for parameter in self.parameters:
            if parameter.wish.role == role:
                return parameter.name
        return ""


def signature_of(function: Callable[..., object]) -> Signature:
    """Return the signature; TypeError where a parameter is one that nobody can bring.

    Read from the code object: the standard library's `inspect` costs 10 ms to import.
    """
    plain = unwrapped(function)
    if not hasattr(plain, "__code__"):
        plain = getattr(plain, "__func__", None) or vars(type(plain)).get("__call__", plain)
    code = getattr(plain, "__code__", None)
    if code is None:
        raise TypeError(f"{function!r} is no function written in Python: wrap it in one")
    count = code.co_argcount
    names = list(code.co_varnames[: count + code.co_kwonlyargcount])
    defaults = plain.__defaults__ or ()
    optional = {*names[count - len(defaults) : count], *(plain.__kwdefaults__ or {})}
    if plain is not unwrapped(function) and names:
        names = names[1:]  # self
    if code.co_flags & _POSITIONAL:
        raise TypeError(f"{code.co_name} takes *args: name each upstream as a parameter")
    if code.co_posonlyargcount:
        raise TypeError(f"{code.co_name} has positional-only parameters: remove the '/'")
    annotations = annotations_of(plain)
    spec = spec_of(function)
    inputs = spec.inputs if spec is not None else {}
    parameters: list[Parameter] = []
    for name in names:
        wish = _role(code.co_name, name, annotations.get(name, UNSAID), name in inputs)
        has_default = name in optional
        if wish.role == "value":
            if has_default:
                continue  # a setting for direct callers, which keeps its default here
            raise TypeError(_not_brought(code.co_name, name, wish))
        parameters.append(Parameter(name, wish, has_default))
    takes_more = bool(code.co_flags & _KEYWORDS)
    unknown = [name for name in inputs if name not in names]
    if unknown and not takes_more:
        known = ", ".join(names) or "none"
        raise TypeError(
            f"{code.co_name} has no parameter {unknown[0]!r} that inputs name; it has: {known}"
        )
    parameters += [Parameter(name, UNSAID, False) for name in unknown]
    returned = annotations.get("return", UNSAID)
    returns = returned if isinstance(returned, Wish) else wish_of(returned)
    return Signature(tuple(parameters), takes_more, returns)


def _role(function: str, name: str, annotation: object, is_input: bool) -> Wish:
    wish = annotation if isinstance(annotation, Wish) else wish_of(annotation)
    if is_input:
        if wish.role != "input":
            raise TypeError(_not_brought(function, name, wish))
        return wish
    if wish.role == "input" and wish.is_said:
        return wish
    if name == "context" and not wish.is_said:
        return Wish(role="context")
    if name == "config" and (not wish.is_said or wish.role == "value"):
        return Wish(role="config", type=dict)
    return wish


def _not_brought(function: str, name: str, wish: Wish) -> str:
    kind = getattr(wish.type, "__name__", wish.type)
    return (
        f"parameter {name!r} of {function} is annotated as {kind}, which no upstream can be: use "
        " a data frame, a table, list, bytes or Path, or give it a default"
    )
