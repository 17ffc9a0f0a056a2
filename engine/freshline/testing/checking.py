"""Checks of assets that a test made in memory, and what they found in words for a test."""

from collections.abc import Mapping

from freshline.calls import CheckTold, Returned
from freshline.definitions import CheckSeverity
from freshline.execute.checking import Subject, run_checks
from freshline.execute.setting import Input
from freshline.keys import Target
from freshline.lineage.graph import Asset
from freshline.ports import Compute
from freshline.reconcile.checks import sentence
from freshline.state import TargetState
from freshline.testing.materialized import Checked


def sql_checked(
    compute: Compute, asset: Asset, relations: Mapping[str, str]
) -> tuple[Checked, ...]:
    """Return what each check in SQL found of an asset, given how to read all that they read.

    One that reads what is not there is left out.
    """
    key = asset.definition.key
    checks = tuple(c for c in asset.checks if c.code is None and relations.keys() >= {*c.reads})
    reads = {read for check in checks for read in check.reads}
    target = Target("test", "main", key)
    subject = Subject(
        target=target,
        checks=checks,
        columns=asset.columns,
        content=Input(relations[key], "", ""),
        others={read: Input(relations[read], "", "") for read in reads},
        known=TargetState(target=target),
    )
    found = run_checks(compute, subject, checks)
    results = [found[check.digest] for check in checks]
    return tuple(
        Checked(
            asset=key,
            name=each.name,
            passed=each.passed,
            blocks=each.severity is CheckSeverity.BLOCK,
            message="" if each.passed else sentence(each, each.name),
            failing=each.failing,
            rows=tuple(dict(zip(each.columns, row, strict=True)) for row in each.rows),
        )
        for each in results
    )


def told_checked(key: str, output: str, returned: Returned) -> tuple[Checked, ...]:
    """Return what code that made an asset found itself."""
    return tuple(_told(key, each) for each in returned.checks if each.output in ("", output))


def _told(key: str, told: CheckTold) -> Checked:
    return Checked(
        asset=key,
        name=told.name,
        passed=told.passed,
        blocks=told.severity is CheckSeverity.BLOCK,
        message=told.description or ("" if told.passed else f"{told.name} does not hold"),
    )
