"""Addresses of lists: the parameters of the one that is shown, with one of them another."""

from collections.abc import Sequence
from urllib.parse import urlencode

Parameters = Sequence[tuple[str, str]]
# They say where in a list somebody is: another list begins at its beginning.
_PLACES = frozenset({"cursor"})


def replaced(parameters: Parameters, name: str, value: object = "") -> str:
    """Return the query of an address with one parameter set, or without it for an empty value."""
    kept = [(n, v) for n, v in _lasting(parameters) if n != name]
    return _query([*kept, (name, str(value))])


def toggled(parameters: Parameters, name: str, value: str) -> str:
    """Return the query of an address with one value more of a parameter, or one less."""
    kept = _lasting(parameters)
    pair = (name, value)
    return _query([p for p in kept if p != pair] if pair in kept else [*kept, pair])


def _lasting(parameters: Parameters) -> list[tuple[str, str]]:
    return [(name, value) for name, value in parameters if name not in _PLACES]


def _query(parameters: Parameters) -> str:
    said = [(name, value) for name, value in parameters if value]
    return f"?{urlencode(said)}" if said else "?"
