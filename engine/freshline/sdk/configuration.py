"""Bases of what a function is given beside its inputs: typed config, and resources."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import dataclass_transform
else:

    def dataclass_transform(**_: object):
        """Stand in for the decorator of the same name, which older interpreters lack."""
        return lambda cls: cls


@dataclass_transform(frozen_default=True)
class Config:
    """The config of a function, as a dataclass: subclasses list fields with types and defaults.

        class Churn(Config):
            days: int = 90

    Values come from `config:` of the asset, and are checked before anything runs. An ordinary
    dataclass or a pydantic model serves as well.
    """

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        _as_dataclass(cls, frozen=True)


@dataclass_transform()
class Resource:
    """A connection or a client that functions ask for by a parameter of this type.

        class Warehouse(Resource):
            url: str
            token: str = ""

    Its fields come from `resources:` of the project, one set per environment. Where it has
    `__enter__` and `__exit__`, it is entered before the call and left after it.
    """

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if "__init__" not in cls.__dict__:
            _as_dataclass(cls, frozen=False)


def _as_dataclass(cls: type, *, frozen: bool) -> None:
    from dataclasses import dataclass  # costs 6 ms, and who declares none need not pay

    dataclass(frozen=frozen)(cls)
