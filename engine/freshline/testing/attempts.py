"""Whole attempts on a storage in one call, for tests: what a step does, without a catalog."""

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from freshline.definitions import Column
from freshline.keys import Target, time_ordered_id
from freshline.ports import Compute, Storage
from freshline.versions import WHOLE, Logic, Output, Publication, PublishKind, Trace, Version

TARGET = Target("tests", "main", "marts.daily")


def new_id() -> str:
    """Return an identifier that no other call returns, in whatever process."""
    return time_ordered_id(time.time(), os.urandom(10))


def query(number: int, rows: int = 5) -> str:
    """Return a query whose every row carries `number`, and whose rows are told by it."""
    return f"SELECT {number} AS version, i AS row, i * {number} AS product FROM range({rows}) t(i)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempts:
    """Makes attempts on one storage with one engine."""

    storage: Storage
    compute: Compute

    def sealed(self, query: str, target: Target = TARGET, mat_id: str = "") -> Publication:
        """Return the publication of rows that were written and sealed, against the present head.

        Its fence is one above the head's, as a claim's would be.
        """
        mat_id = mat_id or new_id()
        stage = self.storage.begin(target, mat_id)
        stage.write(self.compute, query, self.compute.measure(f"({query})").columns)
        measured = self.compute.measure(stage.relation)
        trace = Trace(
            code_version="1",
            canonicaliser="1",
            config="1",
            inputs=(),
            outputs=(Output(WHOLE, measured.data_version),),
            engine="tests",
        )
        publication = Publication(
            target=target,
            publish_id=mat_id,
            mat_id=mat_id,
            fence=0,
            base=0,
            kind=PublishKind.BUILD,
            at=time.time(),
            rows=measured.rows,
            columns=measured.columns,
            files=stage.seal(),
            trace=trace,
            logic=Logic(text=query, schemas=()),
        )
        return self.against_head(publication)

    def published(self, query: str, target: Target = TARGET, mat_id: str = "") -> Version:
        """Return the version that a whole attempt made."""
        return self.storage.publish(self.sealed(query, target, mat_id))

    def reverting(self, version: Version, target: Target | None = None) -> Publication:
        """Return the publication that points a target, or another, to a version's files again."""
        manifest = self.storage.manifest(version.target, version.number)
        publication = Publication(
            target=target or version.target,
            publish_id=new_id(),
            mat_id=version.mat_id,
            fence=0,
            base=0,
            kind=PublishKind.REVERT,
            at=time.time(),
            rows=version.rows,
            columns=version.columns,
            files=version.files,
            trace=manifest.trace,
            logic=manifest.logic,
            layout=version.layout,
        )
        return self.against_head(publication)

    def relaid(self, version: Version, columns: Mapping[str, str]) -> Publication:
        """Return the publication of some of a version's columns, each new name with its present."""
        kept = {
            column.name: (column.type, stored)
            for column, stored in zip(version.columns, version.stored, strict=True)
        }
        publish_id = new_id()
        return replace(
            self.reverting(version),
            publish_id=publish_id,
            mat_id=publish_id,
            kind=PublishKind.RELAYOUT,
            columns=tuple(Column(new, kept[old][0]) for new, old in columns.items()),
            layout=tuple(kept[old][1] for old in columns.values()),
        )

    def against_head(self, publication: Publication) -> Publication:
        """Return the publication as planned anew against what is published now."""
        head = self.storage.current(publication.target)
        return replace(
            publication,
            base=head.version.number if head else 0,
            fence=head.version.fence + 1 if head else 1,
        )
