"""Config held against what code says it takes: what is told, and what defaults are put in."""

import pytest

from freshline.declare.fitting import Unfit, fitted

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["days", "window"],
    "properties": {
        "days": {"type": "integer", "minimum": 1, "exclusiveMaximum": 100},
        "rate": {"type": "number", "default": 0.5, "multipleOf": 0.25},
        "name": {"type": "string", "pattern": "^[a-z]+$", "maxLength": 5, "minLength": 2},
        "mode": {"enum": ["fast", "slow", 3]},
        "exact": {"const": True},
        "on": {"type": "boolean"},
        "maybe": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "pair": {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}]},
        "window": {"$ref": "#/$defs/Window"},
        "either": {"anyOf": [{"$ref": "#/$defs/Window"}, {"type": "string"}]},
        "counts": {"type": "object", "additionalProperties": {"type": "integer"}},
    },
    "$defs": {
        "Window": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"weeks": {"type": "integer", "default": 2}},
        }
    },
}
GOOD: dict[str, object] = {"days": 3, "window": {}}

UNFIT: dict[str, tuple[dict[str, object], str, str, str]] = {
    "text for a whole number": ({"days": "3"}, "days", "must be a whole number", "without quotes"),
    "truth is no number": ({"days": True}, "days", "must be a whole number, not true", ""),
    "a part of a number": ({"days": 1.5}, "days", "must be a whole number, not 1.5", ""),
    "below the least": ({"days": 0}, "days", "must be at least 1, not 0", ""),
    "not below the most": ({"days": 100}, "days", "must be below 100, not 100", ""),
    "no multiple": ({"rate": 0.3}, "rate", "must be a multiple of 0.25, not 0.3", ""),
    "no match": ({"name": "AB"}, "name", 'must match "^[a-z]+$", and "AB" does not', ""),
    "too long": ({"name": "abcdef"}, "name", "must have at most 5 characters, not 6", ""),
    "too short": ({"name": "a"}, "name", "must have at least 2 characters, not 1", ""),
    "a misspelt choice": ({"mode": "fats"}, "mode", 'cannot be the text "fats"', 'mean "fast"?'),
    "no choice at all": ({"mode": 9}, "mode", "cannot be 9", 'the text "fast", the text "slow", 3'),
    "not the one value": ({"exact": 1}, "exact", "must be true, not 1", ""),
    "a word of YAML 1.1": ({"on": "yes"}, "on", "must be true or false", "write true"),
    "none of two": ({"maybe": "x"}, "maybe", 'a whole number or null, not the text "x"', ""),
    "an item": ({"tags": ["a", 1]}, "tags[1]", "must be text, not 1", "quote it"),
    "no items": ({"tags": []}, "tags", "must have at least 1 items", ""),
    "too many items": ({"tags": ["a", "b", "c"]}, "tags", "must have at most 2 items", ""),
    "the second of a pair": ({"pair": [1, 2]}, "pair[1]", "must be text, not 2", ""),
    "deep within": ({"window": {"weeks": "x"}}, "window.weeks", "must be a whole number", ""),
    "in the nearest of two": ({"either": {"weeks": "x"}}, "either.weeks", "a whole number", ""),
    "a value of a mapping": ({"counts": {"a": None}}, "counts.a", "not null", ""),
    "a list for a mapping": ({"counts": [1]}, "counts", "must be a mapping, not a list of 1", ""),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_does_not_fit_is_told_with_its_path(case: str) -> None:
    given, path, message, fix = UNFIT[case]
    (found,) = fitted({**GOOD, **given}, SCHEMA)[1]
    assert found.path == path
    assert message in found.message
    assert fix in found.fix
    assert not found.is_name


def test_a_name_that_is_not_known_is_told_with_the_nearest() -> None:
    (found,) = fitted({**GOOD, "dayz": 1}, SCHEMA)[1]
    assert found == Unfit("dayz", "is not known", 'did you mean "days"?', is_name=True)


def test_what_is_missing_is_told_with_what_it_is() -> None:
    _, found = fitted({}, SCHEMA)
    assert found == [
        Unfit("days", "is missing", "add `days`, a whole number"),
        Unfit("window", "is missing", "add `window`, a mapping"),
    ]


def test_defaults_are_put_in_at_every_depth_and_what_is_given_stays() -> None:
    given: dict[str, object] = {"days": 3, "window": {}, "counts": {"a": 1}}
    whole, found = fitted(given, SCHEMA)
    assert found == []
    assert whole == {
        **{"days": 3, "rate": 0.5, "maybe": None, "counts": {"a": 1}},
        "window": {"weeks": 2},
    }
    assert given == {"days": 3, "window": {}, "counts": {"a": 1}}


def test_a_secret_fits_everywhere_since_nobody_knows_it_yet() -> None:
    whole, found = fitted({"days": "${secret.days}", "window": {}, "mode": "${secret.m}"}, SCHEMA)
    assert found == []
    assert whole["days"] == "${secret.days}"


def test_a_schema_that_holds_itself_ends() -> None:
    schema = {"$ref": "#/$defs/Tree", "$defs": {"Tree": {"$ref": "#/$defs/Tree"}}}
    assert fitted({"a": 1}, schema) == ({"a": 1}, [])


def test_a_pattern_of_another_dialect_is_left_to_the_code() -> None:
    schema = {"properties": {"a": {"type": "string", "pattern": "(?<name>"}}}
    assert fitted({"a": "x"}, schema)[1] == []
