"""What DuckDB tells apart and the analyser's tree does not: noted before it works, put back after.

None of this is needed for safety: where something is missed, the compiled text turns out not to be
the author's query, and the asset is opaque. It is here so that few are.
"""

import re
from collections.abc import Mapping
from itertools import pairwise

from sqlglot import exp
from sqlglot.dialects.dialect import Dialect
from sqlglot.tokenizer_core import Token, TokenType

DIALECT = Dialect.get_or_raise("duckdb")

# Marks in a node's meta; `case_sensitive` is the analyser's own.
_WRITTEN, _BEFORE, _EXACT = "written", "before", "case_sensitive"
_AMOUNT = re.compile(r"\s*(-?[\d.]+)\s*([A-Za-z]+)\s*")


def note(tree: exp.Query, text: str) -> None:
    """Keep what `restore` needs of the author's words; the tree is changed in place."""
    for call in tree.find_all(exp.Coalesce):
        call.meta[_WRITTEN] = True
    for pair in tree.find_all(exp.PropertyEQ):  # the name of a struct's field is content
        if isinstance(pair.this, exp.Identifier):
            pair.this.meta[_EXACT] = True
    negations = [n for n in tree.find_all(exp.Not) if isinstance(n.this, exp.Is)]
    intervals = [n for n in tree.find_all(exp.Interval) if isinstance(n.this, exp.Literal)]
    if not negations and not intervals:
        return
    tokens = DIALECT.tokenize(text)
    _note_negations(negations, tokens)
    _note_intervals(intervals, tokens)


def restore(tree: exp.Expr) -> None:
    """Put the author's way back into a tree that the analyser has worked on."""
    for parenthesis in list(tree.find_all(exp.Paren)):
        if isinstance(parenthesis.this, exp.Column | exp.Literal | exp.Paren):
            parenthesis.replace(parenthesis.this)
    _follow_using(tree)
    for join in tree.find_all(exp.Join):
        if join.kind in ("INNER", "OUTER"):  # words that say nothing
            join.set("kind", None)
    for frame in tree.find_all(exp.WindowSpec):
        for name, word in frame.args.items():
            if isinstance(word, str):
                frame.set(name, word.upper())
    for node in list(tree.find_all(exp.Not)):
        test = node.this
        if isinstance(test, exp.Is) and not node.meta.get(_BEFORE):
            node.replace(exp.Is(this=test.this, expression=exp.Not(this=test.expression)))


def _note_negations(negations: list[exp.Not], tokens: list[Token]) -> None:
    """Tell `NOT x IS y` from `x IS NOT y`, which are one tree: a NOT stands right before x."""
    behind = {
        after.start for before, after in pairwise(tokens) if before.token_type is TokenType.NOT
    }
    for node in negations:
        starts = [n.meta["start"] for n in node.this.this.walk() if "start" in n.meta]
        if starts and min(starts) in behind:
            node.meta[_BEFORE] = True


def _note_intervals(intervals: list[exp.Interval], tokens: list[Token]) -> None:
    """Write intervals as their author did: `1 DAY`, `'1' DAY` and `'1 day'` are one tree."""
    if not intervals:
        return
    written = _intervals(tokens)
    for node in intervals:
        unit = node.args.get("unit")
        form = written.get((node.this.name, unit.name.upper() if unit else ""))
        if form is None:
            continue
        if form.token_type is TokenType.NUMBER:
            node.set("this", exp.Literal.number(form.text))
        elif form.text != node.this.name:
            node.set("this", exp.Literal.string(form.text))
            node.set("unit", None)


def _intervals(tokens: list[Token]) -> Mapping[tuple[str, str], Token | None]:
    """Return for each amount and unit the token it was written as; None where that is not one."""
    found: dict[tuple[str, str], Token | None] = {}
    for i, token in enumerate(tokens[:-2]):
        if token.token_type is not TokenType.INTERVAL:
            continue
        amount, unit = tokens[i + 1], tokens[i + 2].text.upper()
        parts = _AMOUNT.fullmatch(amount.text)
        whole = amount.token_type is TokenType.STRING and parts is not None
        key = (parts[1], parts[2].upper()) if whole and parts else (amount.text, unit)
        known = found.get(key, amount)
        same = known is not None and known.text == amount.text
        same = same and known is not None and known.token_type is amount.token_type
        found[key] = amount if same else None
    return found


def _follow_using(tree: exp.Expr) -> None:
    """Let a column of USING be the one that DuckDB takes: the left one, but for joins that fill it.

    Where a join fills both sides it is the first that is not null, as the analyser has it.
    """
    for call in list(tree.find_all(exp.Coalesce)):
        select = call.find_ancestor(exp.Select)
        if call.meta.get(_WRITTEN) or select is None:
            continue
        joins = select.args.get("joins") or ()
        sides = {join.alias_or_name: str(join.side).upper() for join in joins}
        if "FULL" in sides.values():
            continue
        right = [c for c in call.expressions if sides.get(str(c.table)) == "RIGHT"]
        call.replace(right[-1] if right else call.this)
