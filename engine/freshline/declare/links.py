"""Links of an asset to what is known of it elsewhere."""

import re

from freshline.declare import source
from freshline.declare.report import Report
from freshline.declare.section import wrong

# Pages show links: anything else than these could run code in a reader's browser.
_LINK = re.compile(r"(https?://|mailto:)[^\s<>\"'`\\]+")
_EXPECTED = "an address that begins with https://, http:// or mailto:"


def read_links(report: Report, entry: source.Entry) -> tuple[tuple[str, str], ...]:
    """Return titles with addresses: from one address, a list of them, or a mapping of titles."""
    value = entry.value
    pairs: list[tuple[str | None, source.Node]]
    if isinstance(value, source.Mapping):
        pairs = [(each.key.text, each.value) for each in value.entries]
    else:
        items = value.items if isinstance(value, source.Sequence) else (value,)
        pairs = [(None, item) for item in items]
    links: list[tuple[str, str]] = []
    for title, node in pairs:
        if isinstance(node, source.Scalar) and _LINK.fullmatch(node.text):
            links.append((title or node.text, node.text))
        else:
            fix = "write for instance https://example.org/page"
            wrong(report, source.Entry(entry.key, node), _EXPECTED, fix)
    return tuple(links)
