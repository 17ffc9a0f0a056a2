"""What a parameter's or a function's annotation asks for: an upstream and its form, or else what.

Libraries are never imported for this: an annotation's class exists, so its module's name tells.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

from freshline.sdk.codecs import codec_of
from freshline.sdk.configuration import Config, Resource
from freshline.sdk.context import Context
from freshline.sdk.specs import Input
from freshline.worker.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_FORMS = {
    ("pandas", "DataFrame"): "pandas",
    ("polars", "DataFrame"): "polars",
    ("polars", "LazyFrame"): "polars_lazy",
    ("pyarrow", "Table"): "arrow",
    ("pyarrow", "RecordBatch"): "arrow_batches",
    ("pyarrow", "RecordBatchReader"): "arrow_batches",
    ("pyarrow", "Dataset"): "arrow_dataset",
    ("duckdb", "DuckDBPyRelation"): "duckdb",
    ("matplotlib", "Figure"): "bytes",
    ("pathlib", "PurePath"): "path",
    ("builtins", "bytes"): "bytes",
    ("os", "PathLike"): "path",
}
# What is left of an annotation whose names exist for type checkers only.
_SPELLED = {
    **dict.fromkeys(("pd.DataFrame", "pandas.DataFrame"), "pandas"),
    **dict.fromkeys(("pl.DataFrame", "polars.DataFrame"), "polars"),
    **dict.fromkeys(("pl.LazyFrame", "polars.LazyFrame", "LazyFrame"), "polars_lazy"),
    **dict.fromkeys(("pa.Table", "pyarrow.Table"), "arrow"),
    **dict.fromkeys(("pa.RecordBatchReader", "pyarrow.RecordBatchReader"), "arrow_batches"),
    **dict.fromkeys(("pa.RecordBatch", "pyarrow.RecordBatch"), "arrow_batches"),
    **dict.fromkeys(
        ("ds.Dataset", "pa.dataset.Dataset", "pyarrow.dataset.Dataset"), "arrow_dataset"
    ),
    **dict.fromkeys(("duckdb.DuckDBPyRelation", "DuckDBPyRelation"), "duckdb"),
    **dict.fromkeys(("Path", "pathlib.Path", "os.PathLike", "PathLike"), "path"),
    **dict.fromkeys(("Figure", "plt.Figure", "matplotlib.figure.Figure", "bytes"), "bytes"),
}
_STREAMS = frozenset(
    ("Iterator", "Iterable", "Generator", "AsyncIterator", "AsyncIterable", "AsyncGenerator")
)
_LISTS = frozenset(("list", "List", "Sequence", "tuple", "Tuple", "Collection", "MutableSequence"))


class Wish(NamedTuple):
    """What an annotation asks for.

    `role` is input, context, config, resource, or value for what nobody can bring. `streams` means
    one piece after the other, `many` a list of them; `model` is a contract on columns.
    """

    role: str = "input"
    form: str = "rows"
    type: object = None
    streams: bool = False
    many: bool = False
    optional: bool = False
    model: object = None
    input: Input | None = None
    is_said: bool = True


UNSAID = Wish(is_said=False)


def annotations_of(function: Callable[..., object]) -> dict[str, object]:
    """Return annotations by parameter, evaluated where their names exist, else as texts."""
    function = unwrapped(function)
    try:
        found = dict(getattr(function, "__annotations__", {}))
    except NameError:  # they are evaluated lazily by now, and name what is for type checkers only
        import annotationlib  # type: ignore[import-not-found, unused-ignore]

        found = annotationlib.get_annotations(function, format=annotationlib.Format.STRING)
    names = Names(getattr(function, "__globals__", {}), _file_of(function))
    return {name: _evaluated(value, names) for name, value in found.items()}


def _file_of(function: Callable[..., object]) -> str:
    return str(getattr(getattr(function, "__code__", None), "co_filename", ""))


def unwrapped(function: Callable[..., object]) -> Callable[..., object]:
    """Return the function beneath decorators that keep it as functools.wraps does."""
    found: Any = function
    while hasattr(found, "__wrapped__"):
        found = found.__wrapped__
    return found  # type: ignore[no-any-return]


def _evaluated(value: Any, names: Names) -> object:
    if hasattr(value, "__forward_arg__"):
        value = value.__forward_arg__
    if not isinstance(value, str):
        return value
    text = value.strip()
    try:
        found = names.evaluate(text)
        # A text within a text: quoted by hand, below `from __future__ import annotations`.
        return _evaluated(found, names) if isinstance(found, str) and found != text else found
    except Exception:  # whatever a name that is not there leads to
        optional = text.endswith("| None")  # which interpreters before 3.10 cannot evaluate
        if not optional:
            return text
    try:
        from typing import Optional

        return Optional[names.evaluate(text[: -len("| None")].strip())]
    except Exception:
        return text


def wish_of(annotation: Any) -> Wish:
    """Return what an annotation asks for, whether for a parameter or for what comes back."""
    if annotation is None or annotation is type(None):
        return Wish(role="value", form="none", type=annotation)
    if isinstance(annotation, str):
        return _of_text(annotation)
    if hasattr(annotation, "__metadata__"):  # Annotated
        wish = wish_of(annotation.__origin__)
        inputs = [each for each in annotation.__metadata__ if isinstance(each, Input)]
        return wish._replace(input=inputs[0]) if inputs else wish
    arguments = getattr(annotation, "__args__", ())
    if _is_union(annotation):
        rest = [each for each in arguments if each is not type(None)]
        if len(rest) == 1:
            return wish_of(rest[0])._replace(optional=len(rest) < len(arguments))
        return UNSAID
    origin = getattr(annotation, "__origin__", None)
    if origin is not None:
        return _of_generic(origin, arguments)
    return _of_class(annotation)


def _is_union(annotation: Any) -> bool:
    name = getattr(getattr(annotation, "__origin__", None), "_name", "")
    return name == "Union" or type(annotation).__name__ in ("UnionType", "Union")


def _of_generic(origin: object, arguments: tuple[object, ...]) -> Wish:
    name = getattr(origin, "__name__", "")
    if name in _STREAMS or name in _LISTS:
        inner = wish_of(arguments[0]) if arguments else UNSAID
        if name in _STREAMS:
            return inner._replace(streams=True) if inner.role == "input" else Wish(streams=True)
        many = inner.role == "input" and inner.form in ("path", "bytes")
        return inner._replace(many=True) if many else Wish(type=list)
    wish = _of_class(origin)
    models = [each for each in arguments if hasattr(each, "to_schema")]
    return wish._replace(model=models[0]) if models else wish


def _of_class(kind: Any) -> Wish:
    """Return the wish of a class, or of what is used as one."""
    name = getattr(kind, "__name__", "")
    codec = codec_of(kind)
    if codec is not None:
        return Wish(form=f"codec:{spelled(codec.type)}", type=kind)
    for each in getattr(kind, "__mro__", ()):
        root = each.__module__.partition(".")[0].lstrip("_")
        form = _FORMS.get((root, each.__name__))
        if form is not None:
            return Wish(form=form, type=kind)
    if name in _STREAMS:
        return Wish(streams=True)
    if name in _LISTS:
        return Wish(type=list)
    if not isinstance(kind, type):
        return UNSAID
    if issubclass(kind, Context):
        return Wish(role="context", type=kind)
    if issubclass(kind, Resource) or name.endswith("Resource"):
        return Wish(role="resource", type=kind)
    if issubclass(kind, Config) or is_model(kind) or hasattr(kind, "__dataclass_fields__"):
        return Wish(role="config", type=kind)
    if kind is object or (kind.__module__ == "typing" and name == "Any"):
        return UNSAID
    if issubclass(kind, dict) or kind.__module__ == "builtins":
        return Wish(role="value", form="", type=kind)
    return Wish(role="resource", type=kind)


def _of_text(text: str) -> Wish:
    """Return the wish of an annotation that could not be evaluated, by its usual spelling."""
    text = text.replace(" ", "").strip("'\"")
    optional = False
    for before, after in (
        ("Optional[", "]"),
        ("typing.Optional[", "]"),
        ("", "|None"),
        ("None|", ""),
    ):
        if text.startswith(before) and text.endswith(after) and len(text) > len(before + after):
            if before or after:
                text, optional = text[len(before) : len(text) - len(after)], True
    form = _SPELLED.get(text)
    if form is not None:
        return Wish(form=form, optional=optional)
    head, bracket, inner = text.partition("[")
    name = head.rpartition(".")[2]
    if name in _STREAMS:
        element = _of_text(inner[:-1].partition(",")[0]) if bracket else UNSAID
        return element._replace(streams=True, optional=optional)
    if name in _LISTS:
        return Wish(type=list, optional=optional)
    if name == "Context":
        return Wish(role="context")
    return UNSAID._replace(optional=optional)


def is_model(kind: object) -> bool:
    """Return whether a class is a model of pydantic, of either version."""
    return hasattr(kind, "model_validate") or (
        hasattr(kind, "__fields__") and hasattr(kind, "parse_obj")
    )


def spelled(kind: object) -> str:
    """Return module:Class of a class, as declarations name it."""
    return f"{getattr(kind, '__module__', '')}:{getattr(kind, '__qualname__', kind)}"


def class_named(text: str) -> object:
    """Return the class that module:Class names; ImportError or AttributeError where it is not."""
    module, _, name = text.partition(":")
    if module not in sys.modules:
        import importlib

        importlib.import_module(module)
    found: object = sys.modules[module]
    for part in name.split("."):
        found = getattr(found, part)
    return found
