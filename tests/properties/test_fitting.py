"""Config fits a schema where another judge of schemas says so, and only there."""

from typing import cast

import jsonschema_rs
from hypothesis import given
from hypothesis import strategies as st

from freshline.declare.fitting import fitted

Plain = dict[str, object]
NAMES = st.sampled_from(["a", "b", "c"])
TEXTS = st.sampled_from(["", "x", "xyz", "3"])
SCALARS = st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from([0.5, 1.0, -2.5]) | TEXTS
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


def under(name: str, value: object) -> Plain:
    return {name: value}


def merged(*parts: st.SearchStrategy[Plain]) -> st.SearchStrategy[Plain]:
    def union(found: tuple[Plain, ...]) -> Plain:
        return {name: value for part in found for name, value in part.items()}

    return st.tuples(*parts).map(union)


def maybe(name: str, values: st.SearchStrategy[object]) -> st.SearchStrategy[Plain]:
    return st.just(cast("Plain", {})) | values.map(lambda value: under(name, value))


NUMBERS = merged(
    st.sampled_from([{"type": "integer"}, {"type": "number"}]),
    maybe("minimum", st.integers(-2, 2)),
    maybe("exclusiveMaximum", st.integers(-2, 3)),
)
WORDS = merged(
    st.just({"type": "string"}),
    maybe("minLength", st.integers(0, 2)),
    maybe("pattern", st.just("^x")),
)
LEAVES: st.SearchStrategy[Plain] = (
    NUMBERS
    | WORDS
    | st.sampled_from(cast("list[Plain]", [{}, {"type": "boolean"}, {"type": ["null", "string"]}]))
    | st.lists(SCALARS, min_size=1, max_size=3).map(lambda values: under("enum", values))
    | SCALARS.map(lambda value: under("const", value))
)


def wider(inner: st.SearchStrategy[Plain]) -> st.SearchStrategy[Plain]:
    lists = merged(
        st.just({"type": "array"}),
        maybe("items", inner),
        maybe("minItems", st.integers(0, 2)),
        maybe("maxItems", st.integers(0, 2)),
    )
    mappings = merged(
        st.just({"type": "object"}),
        maybe("properties", st.dictionaries(NAMES, inner, max_size=3)),
        maybe("additionalProperties", st.booleans() | inner),
    )
    alternatives = st.lists(inner, min_size=1, max_size=2).map(
        lambda schemas: under("anyOf", schemas)
    )
    return lists | mappings | alternatives


SCHEMAS = st.recursive(LEAVES, wider, max_leaves=6)
WHOLE = merged(
    st.just({"type": "object"}),
    maybe("properties", st.dictionaries(NAMES, SCHEMAS, max_size=3)),
    maybe("additionalProperties", st.booleans() | SCHEMAS),
)


@given(WHOLE, st.dictionaries(NAMES, VALUES, max_size=3))
def test_what_is_told_is_what_another_judge_refuses(schema: Plain, config: Plain) -> None:
    whole, unfit = fitted(config, schema)
    assert (not unfit) is jsonschema_rs.Draft202012Validator(schema).is_valid(config)
    assert whole == config


@given(WHOLE, st.dictionaries(NAMES, VALUES, max_size=3))
def test_a_required_name_is_told_where_it_is_not_given(schema: Plain, config: Plain) -> None:
    known = cast("Plain", schema.get("properties", {}))
    required = {**schema, "required": sorted(known)}
    missing = {each.path for each in fitted(config, required)[1] if each.message == "is missing"}
    assert missing == known.keys() - config.keys()
