"""Code to coloured lines: classes only, so that it needs no style of its own."""

import difflib
from collections.abc import Iterator
from functools import lru_cache

from markupsafe import Markup, escape
from pygments.lexer import Lexer
from pygments.lexers import find_lexer_class_by_name
from pygments.token import Token
from pygments.util import ClassNotFound

LONGEST = 200_000  # characters that are worth colouring

# What a token is shown as; one of another kind as the nearest kind above it is.
_CLASSES = {
    Token.Comment: "c-c",
    Token.Keyword: "c-k",
    Token.Operator.Word: "c-k",
    Token.Literal.String: "c-s",
    Token.Literal.Number: "c-m",
    Token.Name.Builtin: "c-n",
    Token.Name.Function: "c-n",
    Token.Name.Tag: "c-n",
    Token.Name.Decorator: "c-n",
}


def highlighted(text: str, language: str = "sql", first: int = 1, prefix: str = "L") -> Markup:
    """Return numbered lines, the first with number `first`, each with an anchor: L1, L2, ..."""
    lines = Markup("").join(
        Markup('<span class="line" id="{}{}"><span class="ln">{}</span>{}\n</span>').format(
            prefix, number, number, line
        )
        for number, line in enumerate(_coloured(text.rstrip("\n"), language), first)
    )
    return Markup("<code>{}</code>").format(lines)


def diffed(old: str, new: str) -> Markup:
    """Return what has to be done to one text to have the other, line by line."""
    changes = difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3)
    lines = (
        Markup('<span class="line{}">{}\n</span>').format(_change(line), line)
        for line in list(changes)[2:]
    )
    return Markup("<code>{}</code>").format(Markup("").join(lines))


def _change(line: str) -> str:
    return {"+": " c-gi", "-": " c-gd", "@": " c-gu"}.get(line[:1], "")


def _coloured(text: str, language: str) -> list[Markup]:
    lexer = _lexer(language) if len(text) <= LONGEST else None
    if lexer is None:
        return [escape(line) for line in text.split("\n")]
    lines: list[list[Markup]] = [[]]
    for kind, value in _tokens(lexer, text):
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
            if part:
                lines[-1].append(
                    Markup('<span class="{}">{}</span>').format(kind, part)
                    if kind
                    else escape(part)
                )
    return [Markup("").join(parts) for parts in lines]


def _tokens(lexer: Lexer, text: str) -> Iterator[tuple[str, str]]:
    for kind, value in lexer.get_tokens(text):
        above = reversed(kind.split())
        yield next((_CLASSES[kind] for kind in above if kind in _CLASSES), ""), value


@lru_cache(maxsize=8)
def _lexer(language: str) -> Lexer | None:
    try:
        return find_lexer_class_by_name(language)(stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None
