"""The views of a place: how the current version of everything is read, written down for clients.

Whoever writes them has them alone meanwhile, and writes what is current then, not what it saw when
it began: of several applies that end together the last one never puts an older version back. One
that looked at the project before the last writer did compiles it anew, so that it does not take
out what has been declared since.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from freshline.codec import digest_of
from freshline.execute.aside import last_versions
from freshline.execute.place import Place
from freshline.execute.present import Present
from freshline.execute.short_lease import short_lease
from freshline.lineage.canonical import upstreams_in, view_relation
from freshline.lineage.graph import Graph
from freshline.lineage.sources import relation as source_relation
from freshline.ports import Ports, Storage
from freshline.reconcile.fingerprint import storage_of
from freshline.versions import Build


def relations(
    place: Place, storages: Mapping[str, Storage], builds: Mapping[str, Build]
) -> dict[str, str]:
    """Return how DuckDB reads the current version of every asset, and every source.

    What is set aside is read as it was last built. A view stands for its query; one that reads what
    has no version now is left out.
    """
    graph = place.graph
    found = {
        key: source_relation(place.root, source.definition, source.files)
        for key, source in graph.sources.items()
    }
    views: dict[str, str] = {}
    for key, asset in graph.assets.items():
        build = builds.get(key)
        if build is None:
            continue
        if build.version.query:
            views[key] = build.version.query
            continue
        storage = storages[storage_of(asset.definition, graph.project)]
        found[key] = storage.relation(build.version)
    for key, (storage, manifest) in last_versions(graph, place.environment, storages).items():
        if manifest.version.query:
            views[key] = manifest.version.query
        else:
            found[key] = storage.relation(manifest.version)
    seen = {
        key: view_relation(query, found)
        for key, query in views.items()
        if found.keys() >= {*upstreams_in(query)}
    }
    return {**found, **seen}


def refresh_views(
    place: Place, ports: Ports, present: Present, builds: Mapping[str, Build]
) -> None:
    """Bring the views up to what is current, also where an earlier run died before it did.

    `builds` are current as far as this run knows, `present` tells what others did since its look.
    """
    views = place.views
    if views is None or _wanted(place, views, ports, present, builds).is_there:
        return
    with short_lease(f"views:{present.holder.name}", present.holder, ports):
        wanted = _wanted(place, views, ports, present, builds)
        if wanted.is_there:
            return
        from freshline.execute.views import write_views  # DuckDB; a mere look has no need of it

        write_views(views, wanted.relations, wanted.macros, wanted.graph.quarantined)
        with suppress(OSError):  # without the note they are written once more next time
            _note(place, views).write_text(f"{wanted.digest}\n{wanted.looked}\n")


class _Wanted(NamedTuple):
    """What the views are to be, by the graph of the last look, and whether they are that."""

    graph: Graph
    relations: Mapping[str, str]
    macros: Sequence[str]
    digest: str
    looked: int
    is_there: bool


def _wanted(
    place: Place, views: Path, ports: Ports, present: Present, builds: Mapping[str, Build]
) -> _Wanted:
    said, looked = _noted(_note(place, views))
    mine, known = present.seen.sequence, place.graph
    if looked > mine:
        place = replace(place, graph=place.relearn({}))
    builds = current(place, known, present, builds)
    # Versions only: a source has none, and what its files say by now nobody has built from yet.
    every = relations(place, ports.storages, builds)
    found = {key: text for key, text in every.items() if key not in place.graph.sources}
    macros = [macro.text for macro in place.graph.macros.values()]
    digest = digest_of([found, macros])
    is_there = said == digest and views.exists()
    return _Wanted(place.graph, found, macros, digest, max(looked, mine), is_there)


def _note(place: Place, views: Path) -> Path:
    return place.root / ".freshline" / f"{views.name}.digest"


def _noted(note: Path) -> tuple[str, int]:
    """Return the digest of the views, and the sequence of the look that they were written from."""
    try:
        digest, looked = note.read_text().split()
        return digest, int(looked)
    except (OSError, ValueError):
        return "", 0


def current(
    place: Place, looked_at: Graph, present: Present, builds: Mapping[str, Build]
) -> Mapping[str, Build]:
    """Return the builds that are current now: what others have put there since the look counts.

    `looked_at` is the graph of the look, which knows of all that it has what is really there.
    """
    found, now = dict(builds), present.now().state
    for key in place.graph.assets:
        target, mine = place.target(key), found.get(key)
        known, before = now.of(target).build, present.seen.of(target).build
        if known is None:
            if before is not None:  # it was dropped meanwhile
                found.pop(key, None)
            continue
        is_news = before is None or known.version.publish_id != before.version.publish_id
        is_newer = mine is None or mine.version.number < known.version.number
        if is_newer and (is_news or key not in looked_at.assets):
            found[key] = known
    return found
