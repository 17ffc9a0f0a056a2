"""Renames that cannot be: an asset that was what still is, or what another one was."""

from collections.abc import Iterator

from freshline.definitions import AssetDefinition, Declared, Was
from freshline.errors import Diagnostic, Span


def impossible(declared: Declared) -> Iterator[Diagnostic]:
    """Yield a finding for each asset that cannot take the place of the one it says it was."""
    places = {each.key: each.span for each in declared.assets}
    places |= {each.key: each.span for each in declared.sources}
    heirs: dict[str, list[AssetDefinition]] = {}
    for asset in declared.assets:
        if asset.was is not None:
            heirs.setdefault(asset.was.key, []).append(asset)
    for asset in declared.assets:
        was = asset.was
        if was is None:
            continue
        if was.key in places or was.key in declared.broken:
            span = places.get(was.key)
            related = ((span, "declared here"),) if span is not None else ()
            message = f"{asset.key} cannot be what {was.key} was: {was.key} is still declared"
            yield _finding(asset, was, message, "remove `was:`, or what it names", related)
        elif other := next((each for each in heirs[was.key] if each is not asset), None):
            message = f"{asset.key} and {other.key} cannot both be what {was.key} was"
            related = ((other.span, f"{other.key} is declared here"),)
            yield _finding(asset, was, message, "remove one `was:`", related)


def _finding(
    asset: AssetDefinition,
    was: Was,
    message: str,
    fix: str,
    related: tuple[tuple[Span, str], ...],
) -> Diagnostic:
    return Diagnostic(
        code="E211",
        message=message,
        span=was.span,
        excerpt=was.line,
        fix=fix,
        related=related,
        asset=asset.key,
    )
