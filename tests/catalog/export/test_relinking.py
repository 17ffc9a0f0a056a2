"""Pages of the server as files: links are mended, what needs a server goes, the rest stays."""

from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline_catalog.export.places import Places
from freshline_catalog.export.relinking import Linker

LINKER = Linker(
    Places(
        assets={"a": "table"},
        gathered={"owner": frozenset(), "group": frozenset(), "tag": frozenset()},
        runs=frozenset(),
    )
)
HERE = "assets/a/lineage.html"


@pytest.mark.parametrize(
    ("page", "file"),
    [
        pytest.param(
            '<a class="key" href="/assets/a/columns?col=x&amp;y=1">x</a>',
            '<a class="key" href="../../assets/a/columns.html#x">x</a>',
            id="a link to another page",
        ),
        pytest.param(
            '<a href="/events" rel="next" class="key">All</a> of it',
            '<span class="key">All</span> of it',
            id="a link to a page that is not there leaves its words",
        ),
        pytest.param(
            '<p><a class="button" href="/events">All <b>of</b> it</a> more</p>',
            "<p> more</p>",
            id="a button goes with its words",
        ),
        pytest.param(
            '<svg viewBox="0 0 1 1"><a class="node" data-key="x" href="/assets/x"><g/></a></svg>',
            '<svg viewBox="0 0 1 1"><g class="node" data-key="x"><g/></g></svg>',
            id="in a picture it becomes a group",
        ),
        pytest.param(
            '<a href="/assets/a/lineage?up=1">one more</a>',
            "<span>one more</span>",
            id="another state of the same page is none",
        ),
        pytest.param(
            '<a href="/assets/a/lineage" aria-current="page">Lineage</a>',
            '<a href="../../assets/a/lineage.html" aria-current="page">Lineage</a>',
            id="the page itself is one",
        ),
        pytest.param(
            '<form action="/x"><input name=q><p>a<br>b</p></form>c', "c", id="a form goes"
        ),
        pytest.param(
            '<nav class="pager"><nav><img src="/x"></nav></nav>c', "c", id="so does what pages"
        ),
        pytest.param(
            '<link rel="preload" href="/static/f.woff2"><link href="/static/a.css">',
            '<link href="../../static/a.css">',
            id="nothing is loaded ahead",
        ),
        pytest.param(
            '<a href="https://shop.example/?a=1&amp;b=2">x</a><a href="#L1">1</a>',
            '<a href="https://shop.example/?a=1&amp;b=2">x</a><a href="#L1">1</a>',
            id="other places stay as they are",
        ),
        pytest.param(
            '<div data-graph data-lineage="/lineage" title="a&quot;b">',
            '<div data-graph title="a&quot;b">',
            id="a picture forgets where the server draws others",
        ),
        pytest.param(
            "<!doctype html><title>&lt;b&gt; &#39;x&#x27; &amp;amp;</title>",
            "<!doctype html><title>&lt;b&gt; &#39;x&#x27; &amp;amp;</title>",
            id="what is escaped stays escaped",
        ),
    ],
)
def test_a_page_becomes_a_file(page: str, file: str) -> None:
    assert LINKER.relinked(page, HERE) == file


@given(st.text().map(lambda text: text.replace("\r", "")))
def test_text_comes_through_as_it_was(text: str) -> None:
    page = f'<p title="{escape(text)}">{escape(text)}</p>'
    assert LINKER.relinked(page, HERE) == page
