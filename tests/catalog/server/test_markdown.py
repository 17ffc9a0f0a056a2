"""Markdown that people wrote: it keeps its meaning, and can do nothing to who reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.server.html import parsed

from freshline_catalog.server.markdown import LONGEST, markdown

WRITTEN = {
    "emphasis": ("**net** of *all*", "<p><strong>net</strong> of <em>all</em></p>"),
    "a list": ("- one\n- two", "<ul>\n<li>one</li>\n<li>two</li>\n</ul>"),
    "code": ("`a < b`", "<p><code>a &lt; b</code></p>"),
    "a heading below those of the page": ("# Rules", "<h3>Rules</h3>"),
    "what is crossed out": ("~~no~~", "<p><s>no</s></p>"),
    "a table": ("a|b\n-|-\n1|2", "<td>1</td>"),
    "a link": ("[x](https://a.example)", 'href="https://a.example"'),
    "a mail address": ("[x](mailto:a@b.example)", 'href="mailto:a@b.example"'),
    "a picture is a link": ("![map](https://a.example/m.png)", ">map</a>"),
}


@pytest.mark.parametrize(("text", "html"), WRITTEN.values(), ids=WRITTEN)
def test_what_was_written_is_shown(text: str, html: str) -> None:
    assert html in markdown(text)


HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](java\tscript:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox)",
    "![x](javascript:alert(1))",
    "![x](https://spy.example/pixel.gif)",
    '![x](https://a.example/"onerror="alert(1))',
    "<javascript:alert(1)>",
    "[x]: javascript:alert(1)\n\n[x]",
    '<a href="javascript:alert(1)">x</a>',
    "<iframe src=//evil.example></iframe>",
    "<style>*{display:none}</style>",
    "`<script>`\n\n```html\n<script>alert(1)</script>\n```",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>",
    "<details open ontoggle=alert(1)>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "\u202ereversed\u202c <b onclick=alert(1)>",
    "[x](https://a.example 'title\" onclick=alert(1)')",
    "[" * 500 + "x" + "](y)" * 500,
    "> " * 2000 + "deep",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_was_written_can_act(text: str) -> None:
    assert harmless(markdown(text)) == []


@given(st.text(alphabet=st.sampled_from("<>\"'&=/()[]!`*_# \n\tjavascript:onx"), max_size=200))
def test_nothing_that_can_be_written_acts(text: str) -> None:
    assert harmless(markdown(text)) == []


def harmless(html: str) -> list[str]:
    """Return what could act in a piece of HTML, or load something from elsewhere."""
    found: list[str] = []
    for element in parsed(html).within():
        if element.name in ("script", "img", "iframe", "style", "object", "svg", "form", "input"):
            found.append(element.name)
        for name, value in element.attributes.items():
            if name not in ("href", "title", "rel"):
                found.append(f"{name}={value}")
            if name == "href" and not value.lower().startswith(("http:", "https:", "mailto:")):
                found.append(f"{name}={value}") if ":" in value.split("/")[0] else None
    return found


def test_a_link_tells_nobody_where_it_was_followed() -> None:
    link = parsed(markdown("[x](https://a.example)")).one("a")
    assert set(link.attributes["rel"].split()) == {"noopener", "noreferrer", "nofollow"}


def test_an_endless_text_has_an_end() -> None:
    assert len(markdown("a " * LONGEST)) <= LONGEST + 100
