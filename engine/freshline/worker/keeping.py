"""What a function returned, kept as the outputs, the check or the version that it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from freshline.sdk.metadata import data
from freshline.sdk.specs import CheckResult, Fire, Skip
from freshline.worker.checking import check_output
from freshline.worker.targets import Target
from freshline.worker.writing import write

if TYPE_CHECKING:
    from typing import Any

    from freshline.sdk.context import Context
    from freshline.worker.subjects import Subject

    Told = dict[str, object]


def kept(
    subject: Subject, value: Any, wanted: list[tuple[str, str, bool]], context: Context
) -> Told:
    """Return the Returned of what a function returned; TypeError says why it is none."""
    if subject.kind == "check":
        return {"checks": [_checked(subject, value)]}
    if subject.kind == "sensor":
        return {"sensor": _sensed(subject, value)}
    if subject.kind == "source":
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            raise TypeError(f"{subject.what} returned {value!r}: a source's version is a text")
        return {"metadata": {"version": ["text", str(value)]}}
    if subject.kind == "multi_asset" or len(wanted) > 1:
        return {"made": _several(subject, value, wanted, context)}
    name, key, optional = wanted[0] if wanted else ("", "", False)
    check_output(subject.what, subject.signature.returns, value)
    return {"made": [_one(subject, value, (name, key, optional), context)]}


def _one(subject: Subject, value: Any, wanted: tuple[str, str, bool], context: Context) -> Told:
    """Return the Made of one output."""
    name, key, optional = wanted
    if value is None:
        if optional:
            return {"name": name, "missing": True}
        output = f" for output {name!r}" if name else ""
        raise TypeError(
            f"{subject.what} returned None{output}: an asset is what its function returns; "
            "return the rows, or make the output optional"
        )
    what = f"{subject.what}, output {name!r}" if name else subject.what
    told = write(value, Target(name, key, str(context.scratch), what))
    told["metadata"] = metadata_of(context, name)
    return told


def _several(
    subject: Subject, value: Any, wanted: list[tuple[str, str, bool]], context: Context
) -> list[Told]:
    """Return the Made of each output that is wanted."""
    spec = subject.spec
    names = (
        list(spec.outputs) if spec is not None and spec.outputs else [each[0] for each in wanted]
    )
    values = _by_name(subject, value, names)
    made: list[Told] = []
    for name, key, optional in wanted:
        may_miss = optional or (
            spec is not None and name in spec.outputs and spec.outputs[name].optional
        )
        if name not in values and not may_miss:
            returned = ", ".join(values) or "nothing"
            raise TypeError(f"{subject.what} returned no output {name!r}; it returned: {returned}")
        made.append(_one(subject, values.get(name), (name, key, may_miss), context))
    return made


def _by_name(subject: Subject, value: Any, names: list[str]) -> dict[str, object]:
    """Return the outputs by name from a mapping, a tuple, or the pairs that a generator yields."""
    if value is None:
        return {}
    if isinstance(value, dict):
        found = value
    elif isinstance(value, tuple):
        if len(value) != len(names):
            raise TypeError(
                f"{subject.what} returned {len(value)} values for {len(names)} outputs: "
                f"{', '.join(names)}"
            )
        found = dict(zip(names, value))
    elif len(names) == 1 and not hasattr(value, "__next__"):
        found = {names[0]: value}
    elif hasattr(value, "__next__"):
        found = dict(value)
    else:
        raise TypeError(
            f"{subject.what} returned {type(value).__name__}: return a mapping of outputs "
            f"({', '.join(names)}) to values"
        )
    for name in found:
        if name not in names:
            raise TypeError(f"{subject.what} has no output {name!r}; it has: {', '.join(names)}")
    return found


def _checked(subject: Subject, value: Any) -> Told:
    """Return the CheckTold of what a check returned."""
    spec = subject.spec
    if hasattr(value, "item") and not isinstance(value, (bool, CheckResult)):
        value = value.item()  # a boolean of numpy
    if isinstance(value, bool):
        value = CheckResult(value)
    if not isinstance(value, CheckResult):
        raise TypeError(
            f"{subject.what} returned {type(value).__name__}: a check returns True, False or a "
            "CheckResult"
        )
    return {
        "name": subject.name.rpartition(":")[2],
        "passed": value.passed,
        "severity": value.severity or (spec.severity if spec is not None else "block"),
        "description": value.description,
        "metadata": {name: list(datum) for name, datum in data(value.metadata).items()},
    }


_LONGEST_WHY = 2_000


def _sensed(subject: Subject, value: Any) -> list[object]:
    """Return the SensorTold of what the function of a sensor returned."""
    if hasattr(value, "item") and not isinstance(value, (bool, str)):
        value = value.item()  # a boolean of numpy
    if isinstance(value, bool):
        value = Fire(f"{_name(subject)} said so") if value else Skip()
    elif isinstance(value, str):
        value = Fire(value)
    if not isinstance(value, (Fire, Skip)):
        raise TypeError(
            f"{subject.what} returned {type(value).__name__}: a sensor returns True, False, a "
            "text, Fire(...) or Skip(...)"
        )
    why = value.why[:_LONGEST_WHY] or (f"{_name(subject)} said so" if value.fires else "")
    return [value.fires, why, value.cursor]


def _name(subject: Subject) -> str:
    return subject.name.rpartition(":")[2]


def metadata_of(context: Context, output: str) -> Told:
    """Return what was told of an output, empty for the whole call, as plain data."""
    found = context.metadata_by_output.get(output, {})
    return {name: list(datum) for name, datum in found.items()}
