"""`${var.x}` and `${env.X}` in values of YAML: each is replaced by its text, or by its value.

They stand in paths of sources, in settings of storages and in arguments of checks; nowhere else
does `${` mean anything in YAML but in SQL. A scalar that is one reference and nothing else is what
the variable is: a number, true or false, a list. `$${` is the text `${`.

A secret is never replaced here. Where one may stand, the text stays a template for
`freshline.secrets`: its secrets and its `$${` are left as they are.
"""

import re
from typing import NamedTuple

from freshline.declare import source
from freshline.declare.interpolation import REFERENCE, Misplaced, Values, literal_of
from freshline.declare.report import Report
from freshline.declare.section import place_of, setting_mapping
from freshline.secrets import NAME

_PART = re.compile(r"(?:DATE |TIMESTAMP )?'((?:[^']|'')*)'|\(?(-?\w[\w.+-]*)\)?")


class Filled(NamedTuple):
    """What a literal of SQL is as a value of YAML: its texts, and whether each was quoted."""

    texts: tuple[tuple[str, str], ...]
    is_list: bool


def filled(
    report: Report, node: source.Node, values: Values, *, is_template: bool = False
) -> source.Node | None:
    """Return a scalar, or a collection of them, with its references replaced.

    None where one stands for nothing, which is reported at its scalar. In templates secrets stay.
    """
    match node:
        case source.Sequence(start, end, items):
            found = [filled(report, item, values, is_template=is_template) for item in items]
            good = tuple(item for item in found if item is not None)
            return source.Sequence(start, end, good) if len(good) == len(found) else None
        case source.Mapping(start, end, entries):
            pairs = [
                (e.key, filled(report, e.value, values, is_template=is_template)) for e in entries
            ]
            kept = tuple(source.Entry(key, value) for key, value in pairs if value is not None)
            return source.Mapping(start, end, kept) if len(kept) == len(pairs) else None
        case source.Scalar():
            if "${" not in node.text:
                return node
            try:
                return _scalar(node, values, is_template)
            except Misplaced as wrong:
                place = place_of(source.Entry(node, node))
                report.error(wrong.code, place, wrong.message, wrong.fix)
                return None


def filled_entry(report: Report, entry: source.Entry, values: Values) -> source.Entry | None:
    """Return an entry with the references in its value replaced, None where one is in vain."""
    value = filled(report, entry.value, values)
    return None if value is None else source.Entry(entry.key, value)


def filled_settings(
    report: Report, entry: source.Entry, values: Values, *, is_template: bool = False
) -> dict[str, object] | None:
    """Read settings with their references replaced; of templates, all but the secrets."""

    def fill(each: source.Entry) -> source.Entry | None:
        value = filled(report, each.value, values, is_template=is_template)
        return None if value is None else source.Entry(each.key, value)

    return setting_mapping(report, entry, fill)


def filled_text(text: str, values: Values, *, is_template: bool = False) -> str:
    """Return a text with its references replaced; Misplaced where one stands for nothing.

    Secrets are refused, unless what comes out is a template that is resolved when it is used.
    """
    parts: list[str] = []
    position = 0
    while (at := text.find("${", position)) >= 0:
        if text[at - 1 : at] == "$" and at > position:
            parts.append(text[position : at + 2] if is_template else text[position : at - 1] + "${")
            position = at + 2
            continue
        found = REFERENCE.match(text, at)
        if found is None:
            raise Misplaced("E113", "`${` is not closed by `}`", "write `${var.name}`")
        parts += (text[position:at], _text_of(found["inside"], values, is_template))
        position = found.end()
    return "".join((*parts, text[position:]))


def _text_of(inside: str, values: Values, is_template: bool) -> str:
    if inside.startswith("secret."):
        if not is_template:
            message = f"`${{{inside}}}` here would be stored and shown"
            fix = "secrets belong in the settings of a storage and in addresses of sources"
            raise Misplaced("E113", message, fix)
        if not NAME.fullmatch(inside.removeprefix("secret.")):
            message = f"`${{{inside}}}` refers to nothing"
            fix = "a secret is named by lower-case words: `${secret.warehouse.password}`"
            raise Misplaced("E113", message, fix)
        return f"${{{inside}}}"
    value = _value(literal_of(inside, values))
    if value.is_list:
        message = f"`${{{inside}}}` is a list, which has no place within a text"
        raise Misplaced("E113", message, "let it stand alone, or use a variable of one value")
    text = value.texts[0][0]
    return text.replace("${", "$${") if is_template else text


def _scalar(node: source.Scalar, values: Values, is_template: bool) -> source.Node:
    whole = REFERENCE.fullmatch(node.text)
    if whole is None or whole["inside"].startswith("secret."):
        text = filled_text(node.text, values, is_template=is_template)
        return source.Scalar(node.start, node.end, text, '"')
    value = _value(literal_of(whole["inside"], values))
    items = tuple(source.Scalar(node.start, node.end, *text) for text in value.texts)
    return source.Sequence(node.start, node.end, items) if value.is_list else items[0]


def _value(literal: str) -> Filled:
    """Return what a variable's literal says: text, a number, true, false, or a list of these."""
    is_list = literal.startswith("(") and not literal.startswith("(-")
    inside = literal[1:-1] if is_list else literal
    texts = tuple(
        (found[2].lower(), "") if found[1] is None else (found[1].replace("''", "'"), '"')
        for found in _PART.finditer(inside)
    )
    return Filled(texts, is_list)
