"""The SDK: decorators leave functions as they are, and say at once what cannot be meant."""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import freshline
from freshline import (
    CheckResult,
    Config,
    Context,
    Image,
    Input,
    Markdown,
    Output,
    Plot,
    Resource,
    Table,
    Url,
    asset,
    check,
    multi_asset,
    sdk,
    source,
)
from freshline.sdk import declaring, specs
from freshline.sdk.metadata import data


def test_a_decorated_function_is_called_as_it_is() -> None:
    @asset
    def doubled(numbers: list[int]) -> list[int]:
        """Twice each."""
        return [2 * number for number in numbers]

    @asset(key="marts.b", inputs={"numbers": "stg.numbers"}, tags=["nightly"])
    def tripled(numbers: list[int]) -> list[int]:
        return [3 * number for number in numbers]

    assert (doubled([1, 2]), tripled([1])) == ([2, 4], [3])
    assert (doubled.__name__, doubled.__doc__) == ("doubled", "Twice each.")


def test_a_decorator_notes_what_was_said() -> None:
    @asset(
        key="marts.churn",
        inputs={"orders": Input("stg.orders", columns=["id"]), "seen": ["at"], "days": "stg.days"},
        code_version=3,
        pure=False,
        reads_env=["HOME"],
        owner="data",
    )
    def churn(orders: object, seen: object, days: object) -> None: ...

    spec = specs.spec_of(churn)
    assert spec is not None
    assert {name: (each.key, each.columns) for name, each in spec.inputs.items()} == {
        "orders": ("stg.orders", ("id",)),
        "seen": ("", ("at",)),
        "days": ("stg.days", None),
    }
    assert (spec.kind, spec.key, spec.code_version, spec.pure) == (
        "asset",
        "marts.churn",
        "3",
        False,
    )
    assert (spec.reads_env, spec.settings) == (("HOME",), {"owner": "data"})


def some_function() -> None: ...


WRONG: dict[str, tuple[Callable[[Any], object], str]] = {
    "a keyword with a typing error": (
        lambda sdk: sdk.asset(descripton="x")(some_function),
        "@asset has no keyword 'descripton': did you mean 'description'?",
    ),
    "a keyword that nothing is like": (
        lambda sdk: sdk.asset(zzz=1)(some_function),
        "@asset has no keyword 'zzz': It takes: key, inputs, code_version,",
    ),
    "a keyword of an output with a typing error": (
        lambda sdk: sdk.Output("a", tag=["x"]),
        "Output has no keyword 'tag': did you mean 'tags'?",
    ),
    "a key where a function belongs": (
        lambda sdk: sdk.asset("marts.churn"),
        "write @asset(key='marts.churn')",
    ),
    "a class": (lambda sdk: sdk.asset()(int), "@asset decorates a function"),
    "two decorators": (
        lambda sdk: sdk.asset(sdk.asset(lambda: None)),
        "<lambda> is decorated twice: a function is one asset, check or source",
    ),
    "inputs that are a text": (
        lambda sdk: sdk.asset(inputs="stg.orders")(some_function),
        "inputs of @asset are a mapping of parameters to keys, not a text",
    ),
    "an input that is a number": (
        lambda sdk: sdk.asset(inputs={"orders": 3})(some_function),
        "inputs['orders'] of @asset is 3: expected a key, a list of columns or Input(...)",
    ),
    "columns that are a text": (
        lambda sdk: sdk.Input("a.b", columns="id"),
        "columns of Input are a list of names: columns=['id']",
    ),
    "environment variables that are a text": (
        lambda sdk: sdk.asset(reads_env="HOME")(some_function),
        "reads_env of @asset is a list of names, not 'HOME'",
    ),
    "no outputs": (lambda sdk: sdk.multi_asset(outputs={}), "@multi_asset needs outputs="),
    "an output that is a number": (
        lambda sdk: sdk.multi_asset(outputs={"a": 1})(some_function),
        "outputs['a'] of @multi_asset is 1: expected Output(...)",
    ),
    "a check without its asset": (
        lambda sdk: sdk.check(some_function),
        "@check takes the key of an asset: @check('marts.churn')",
    ),
    "a sensor that is no function": (
        lambda sdk: sdk.sensor("bell"),
        "@sensor decorates a function, not 'bell'",
    ),
    "a cursor that is a list": (
        lambda sdk: sdk.Fire("new rows", cursor=[1, 2]),
        "a cursor is a text or a number, not list: use json.dumps or isoformat",
    ),
    "a cursor that is a truth": (
        lambda sdk: sdk.Skip("nothing new", cursor=True),
        "a cursor is a text or a number, not bool",
    ),
    "a source without its key": (lambda sdk: sdk.source(some_function), "@source takes the key"),
}


@pytest.mark.parametrize(("mistake", "message"), WRONG.values(), ids=WRONG)
def test_the_decorators_refuse(mistake: Callable[[Any], object], message: str) -> None:
    with pytest.raises(TypeError, match=re.escape(message)):
        mistake(freshline)
    assert specs.spec_of(some_function) is None


def test_a_cursor_has_an_end() -> None:
    assert freshline.Fire("rows", cursor="1" * 100_000).cursor
    with pytest.raises(ValueError, match="this cursor has 100,001 characters"):
        freshline.Fire("rows", cursor="1" * 100_001)


def test_a_sensor_stays_a_plain_function() -> None:
    @freshline.sensor
    def ready(context: freshline.Context) -> str:
        return context.cursor or "no cursor"

    assert ready(freshline.Context()) == "no cursor"
    told = freshline.Context(about={"cursor": "7", "last_fired": "0.5"})
    assert ready(told) == "7"
    assert str(told.last_fired) == "1970-01-01 00:00:00.500000+00:00"
    assert freshline.Context().last_fired is None


def test_a_severity_is_block_or_warn() -> None:
    with pytest.raises(ValueError, match="severity is 'block' or 'warn', not 'error'"):
        check("marts.churn", severity="error")(some_function)


def test_outputs_are_listed_or_mapped() -> None:
    @multi_asset(outputs=["a", "b"])
    def listed() -> None: ...

    @multi_asset(outputs={"a": "marts.a", "b": Output("marts.b", optional=True)}, subset=True)
    def mapped() -> None: ...

    noted = [specs.spec_of(listed), specs.spec_of(mapped)]
    assert [
        [(name, each.key, each.optional) for name, each in spec.outputs.items()]
        for spec in noted
        if spec is not None
    ] == [
        [("a", None, False), ("b", None, False)],
        [("a", "marts.a", False), ("b", "marts.b", True)],
    ]


def test_a_source_and_a_check_are_noted() -> None:
    @source("raw.prices", description="Prices of the market.")
    def prices() -> str:
        return "7"

    @check("marts.churn", severity="warn", inputs={"days": "stg.days"})
    def few(churn: list[int], days: list[int]) -> CheckResult:
        return CheckResult(len(churn) < len(days), metadata={"rows": len(churn)})

    noted = specs.spec_of(few)
    assert noted is not None
    assert (noted.kind, noted.of, noted.severity) == ("check", "marts.churn", "warn")
    assert prices() == "7"
    assert not few([1], [1])
    assert few([], [1]).passed


def test_keywords_for_editors_are_those_that_are_known() -> None:
    """The types are for checkers alone, so only their text can be compared."""
    with open(declaring.__file__, encoding="utf-8") as file:
        about = file.read().partition("class About")[2].partition("class MultiSettings")[0]
    assert set(re.findall(r"^        (\w+): ", about, re.MULTILINE)) == specs.SETTINGS


def test_config_and_resources_are_classes_of_fields() -> None:
    class Churn(Config):
        days: int = 90

    class Warehouse(Resource):
        url: str
        token: str = ""

    assert (Churn().days, Churn(days=3).days) == (90, 3)
    assert Warehouse(url="x").url == "x"
    with pytest.raises(AttributeError):
        Churn().days = 4  # type: ignore[misc, unused-ignore]  # pyright: ignore[reportAttributeAccessIssue]


def test_a_context_serves_in_a_unit_test() -> None:
    context = Context()
    context.log.info("heard by nobody")
    context.progress(0.5, "half")
    context.add_metadata(rows=3)
    context.metadata({"note": Markdown("**x**")})
    assert context.metadata_by_output == {"": {"rows": ("int", 3), "note": ("markdown", "**x**")}}
    assert (context.partition, context.attempt, context.environment) == (None, 1, "main")


def test_a_context_knows_its_outputs() -> None:
    with pytest.raises(ValueError, match="there is no output 'c' in this call: a, b"):
        Context(outputs=("a", "b")).add_metadata({"rows": 1}, output="c")


class Figure:
    def savefig(self, file: Any, **_: object) -> None:
        file.write(b"\x89PNG\r\n\x1a\n...")


PNG = "iVBORw0KGgouLi4="
KINDS: dict[str, tuple[object, tuple[str, object]]] = {
    "true": (True, ("bool", True)),
    "a whole number": (3, ("int", 3)),
    "a number too large for the catalog": (2**70, ("text", str(2**70))),
    "a number": (0.5, ("float", 0.5)),
    "no number": (float("nan"), ("text", "nan")),
    "a text": ("x", ("text", "x")),
    "a link": (Url("https://a.example"), ("url", "https://a.example")),
    "nested data": ({"a": [1, float("inf"), {2}]}, ("json", {"a": [1, "inf", [2]]})),
    "rows": (
        Table([{"a": 1}, {"b": 2}]),
        ("table", {"columns": ["a", "b"], "rows": [[1, None], [None, 2]]}),
    ),
    "a picture": (
        Image(b"\x89PNG\r\n\x1a\n..."),
        ("image", {"media_type": "image/png", "data": PNG}),
    ),
    "a figure": (Figure(), ("image", {"media_type": "image/png", "data": PNG})),
    "a plot": (Plot(Figure()), ("image", {"media_type": "image/png", "data": PNG})),
}


@pytest.mark.parametrize(("value", "kept"), KINDS.values(), ids=KINDS)
def test_metadata_is_kept_by_kind(value: object, kept: tuple[str, object]) -> None:
    assert data({"it": value}) == {"it": kept}


def test_metadata_that_cannot_be_shown_is_refused_by_name() -> None:
    with pytest.raises(TypeError, match="metadata 'it' is of type object"):
        data({"it": object()})


def test_every_name_is_handed_out() -> None:
    assert freshline.__sdk__ == {*sdk.__all__}
    assert all(getattr(freshline, name) is getattr(sdk, name) for name in sdk.__all__)
    with pytest.raises(AttributeError, match="no attribute 'aset'"):
        getattr(freshline, "aset")  # noqa: B009


HEAVY = """
import sys
sys.path.insert(0, sys.argv[1])
from freshline import Context, asset
came = {"dataclasses", "inspect", "logging", "duckdb", "msgspec"} & set(sys.modules)
sys.exit(", ".join(sorted(came)) or 0)
"""


def test_importing_the_decorators_brings_nothing_large() -> None:
    engine = Path(declaring.__file__).parents[2]
    command = [sys.executable, "-S", "-c", HEAVY, str(engine)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
