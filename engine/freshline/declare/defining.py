"""An asset's definition, put together from what makes it and what is said of it."""

from freshline.code import Code
from freshline.declare import source
from freshline.declare.layers import About
from freshline.declare.report import Report
from freshline.declare.section import read_key
from freshline.definitions import AssetDefinition, Kind, SqlText, Was
from freshline.errors import Span


def definition_of(
    key: str, sql: SqlText, span: Span, about: About, code: Code | None = None
) -> AssetDefinition:
    """Return the asset that SQL, or `code`, makes; `about` is what holds of it."""
    return AssetDefinition(
        key=key,
        file=span.file,
        span=span,
        sql=sql,
        # A folder whose queries are views may hold code, which makes rows.
        kind=about.kind if code is None else Kind.TABLE,
        storage=about.storage,
        description=about.description,
        owner=about.owner,
        group=about.group,
        tags=about.tags,
        meta=about.meta,
        links=about.links,
        columns=about.columns,
        checks=about.checks,
        lifecycle=about.lifecycle,
        retries=about.retries,
        timeout=about.timeout,
        volatile=about.volatile,
        cutoff=about.cutoff,
        preview=about.preview,
        refresh=about.refresh,
        freshness=about.freshness,
        pool=about.pool,
        code=code,
    )


def read_was(report: Report, entry: source.Entry) -> Was | None:
    """Read the key that an asset had before."""
    key = read_key(report, entry)
    span = report.span(entry.value)
    return None if key is None else Was(key, span, report.text.line(span.line))
