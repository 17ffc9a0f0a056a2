"""Environments: what each says of variables, single assets, strictness and retention."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from freshline.declare import rules, scalars, source
from freshline.declare.about import Scope, read_outer
from freshline.declare.layers import Layer
from freshline.declare.policies import read_retention
from freshline.declare.report import Quote, Report
from freshline.declare.section import Section, check_key, mapping, read_truth, wrong
from freshline.declare.variables import Variable, read_values
from freshline.definitions import Retention


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """An environment as declared; `places` say where each asset's override begins."""

    overrides: Mapping[str, Layer] = field(default_factory=dict[str, Layer])
    places: Mapping[str, Quote] = field(default_factory=dict[str, Quote])
    strict: bool = False
    retention: Retention = field(default_factory=Retention)


def read_own_values(
    report: Report, entry: source.Entry, variables: Mapping[str, Variable]
) -> dict[str, str]:
    """Return the values that an environment gives to variables, as literals of SQL."""
    if not isinstance(entry.value, source.Mapping):
        return {}
    own = Section(report, entry.value, rules.ENVIRONMENT).entry("vars")
    return read_values(report, own, variables) if own is not None else {}


def read_environment(
    report: Report, entry: source.Entry, scope: Scope, retention: Retention
) -> Environment:
    """Return what an environment says; `scope` has its values, `retention` is the project's."""
    if not isinstance(entry.value, source.Mapping):
        if not isinstance(entry.value, source.Scalar) or entry.value.text:
            wrong(report, entry, "a mapping", "write `vars:` below it, or nothing")
        return Environment(retention=retention)
    section = Section(report, entry.value, rules.ENVIRONMENT)
    kept = section.entry("retention")
    overrides: dict[str, Layer] = {}
    places: dict[str, Quote] = {}
    given = section.get("assets", mapping)
    for each in given.entries if given else ():
        key = each.key.text
        if not check_key(report, each.key, key):
            continue
        places[key] = Quote(report.span(each.key), report.text.line_at(each.key.start))
        node = mapping(report, each) if not scalars.is_null(each.value) else None
        if node is not None:
            overrides[key] = read_outer(report, node, rules.OVERRIDE, scope, key)
    return Environment(
        overrides=overrides,
        places=places,
        strict=section.get("strict", read_truth) or False,
        retention=read_retention(report, kept, retention) if kept else retention,
    )
