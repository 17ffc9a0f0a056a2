"""Markdown that people wrote to HTML that can do no harm.

Raw HTML is text, links lead to http, https and mailto only, and nothing is loaded from elsewhere:
a picture becomes a link to it. What comes out is cleaned once more, by other people's rules.
"""

from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup

TAGS = {
    *("p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "a"),
    *("ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
SCHEMES = {"http", "https", "mailto"}
LONGEST = 50_000  # characters of one text


def _picture(_: RendererHTML, tokens: Sequence[Token], at: int, *rest: object) -> str:
    """Return the link that stands for a picture: to load it would tell others who reads this."""
    token = tokens[at]
    words = Markup('<a href="{}">{}</a>')
    return words.format(str(token.attrs.get("src", "")), token.content or "picture")


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "maxNesting": 20})
    parser.add_render_rule("image", _picture)
    return parser.enable(["table", "strikethrough"])


_PARSER = _parser()


def markdown(text: str) -> Markup:
    """Return a text as HTML; headings stand two levels below those of the page."""
    tokens = _PARSER.parse(text[:LONGEST])
    for token in tokens:
        if token.tag in ("h1", "h2", "h3", "h4"):
            token.tag = f"h{min(6, int(token.tag[1]) + 2)}"
    html = _PARSER.renderer.render(tokens, _PARSER.options, {})
    return Markup(
        nh3.clean(
            html,
            tags=TAGS,
            attributes={"a": {"href", "title"}},
            url_schemes=SCHEMES,
            link_rel="noopener noreferrer nofollow",
        )
    )
