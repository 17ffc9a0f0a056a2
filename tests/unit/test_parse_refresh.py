"""What people say of when assets are kept fresh, as the values that it comes to."""

import sys
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from freshline.declare.declaration import declare_file
from freshline.declare.project import layers_of, read_settings
from freshline.definitions import AssetDefinition
from freshline.refresh import (
    AllOf,
    AnyOf,
    Calendar,
    CatchUp,
    Cron,
    Every,
    Freshness,
    Hours,
    Manual,
    MaxLag,
    Never,
    Not,
    Rate,
    Refresh,
    Rule,
    Upstream,
    Wake,
    WhenNeeded,
)

WEEKEND = Calendar(weekdays=(5, 6))
PROJECT = """project: shop
calendars: {work: {exclude: weekends}}
pools: {warehouse: 2, "tag:heavy": 1}
environments:
  prod:
  dev:
    assets: {marts.a: {refresh: {cooldown: 1h}, freshness: null, pool: warehouse}}
"""
SETTINGS = read_settings(PROJECT)


def asset(text: str, environment: str = "prod") -> AssetDefinition:
    found = declare_file("assets/marts/a.yaml", f"sql: SELECT 1\n{text}\n", SETTINGS, environment)
    assert found.side_car is None
    assert found.diagnostics == (), found.diagnostics
    return found.assets[0]


def refresh(text: str) -> Refresh:
    found = asset(f"refresh: {text}").refresh
    return replace(found, span=None, line="", named=())


BERLIN = Cron(expression="0 6 * * *", timezone="Europe/Berlin")
RULES: dict[str, Rule] = {
    "upstream": Upstream(),
    "when_needed": WhenNeeded(),
    "{any: [when_needed, 15m]}": AnyOf(rules=(WhenNeeded(), Every(seconds=900))),
    "{all: [when_needed, {not: 15m}]}": AllOf(rules=(WhenNeeded(), Not(rule=Every(seconds=900)))),
    "manual": Manual(),
    "never": Never(),
    "null": Upstream(),
    '"0 6 * * *"': Cron(expression="0 6 * * *"),
    "0  6 * *   mon-FRI": Cron(expression="0 6 * * mon-FRI"),
    "hourly": Cron(expression="0 * * * *"),
    "weekly": Cron(expression="0 0 * * 1"),
    "15m": Every(seconds=900),
    "{every: 1.5h}": Every(seconds=5400),
    "{max_lag: 2h}": MaxLag(seconds=7200),
    "{cron: daily}": Cron(expression="0 0 * * *"),
    '{cron: "0 6 * * *", timezone: Europe/Berlin}': BERLIN,
    '{cron: "0 6 * * *", calendar: work, require: updated, catch_up: all}': Cron(
        expression="0 6 * * *", calendar=WEEKEND, updated=True, catch_up=CatchUp.ALL
    ),
    "{cron: [daily, hourly], catch_up: none}": AnyOf(
        rules=(
            Cron(expression="0 0 * * *", catch_up=CatchUp.NONE),
            Cron(expression="0 * * * *", catch_up=CatchUp.NONE),
        )
    ),
    "{wake: raw.a}": Wake(key="raw.a"),
    "{wake: [raw.a, {asset: a.b, columns: [c, d], settle: 2m}], every: 1h}": AnyOf(
        rules=(
            Every(seconds=3600),
            Wake(key="raw.a"),
            Wake(key="a.b", columns=("c", "d"), settle=120),
        )
    ),
    '{all: ["0 6 * * *", {any: [15m, {not: upstream}]}], timezone: Europe/Berlin}': AllOf(
        rules=(BERLIN, AnyOf(rules=(Every(seconds=900), Not(rule=Upstream()))))
    ),
    "{not: {cron: daily, calendar: work}}": Not(
        rule=Cron(expression="0 0 * * *", calendar=WEEKEND)
    ),
    "{cooldown: 5m}": Upstream(),
}


@pytest.mark.parametrize(("text", "rule"), RULES.items(), ids=RULES)
def test_a_rule_is_read(text: str, rule: Rule) -> None:
    assert refresh(text).rule == rule


def test_the_zone_of_an_inner_rule_wins() -> None:
    text = "{any: [daily, {cron: hourly, timezone: Asia/Tokyo}], timezone: Europe/Berlin}"
    found = refresh(text).rule
    assert isinstance(found, AnyOf)
    assert [each.timezone for each in found.rules if isinstance(each, Cron)] == [
        "Europe/Berlin",
        "Asia/Tokyo",
    ]


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("08:00-18:00", Hours(begin=480, end=1080)),
        ("mon-fri 8-18:30", Hours(begin=480, end=1110, weekdays=(0, 1, 2, 3, 4))),
        ("sat, sun 0-24", Hours(begin=0, end=1440, weekdays=(5, 6))),
        ("fri-mon 22:00 - 04:00", Hours(begin=1320, end=240, weekdays=(0, 4, 5, 6))),
        ("{days: [tuesdays, wed]}", Hours(begin=0, end=1440, weekdays=(1, 2))),
        (
            "{from: 9, to: 17:00, days: weekdays}",
            Hours(begin=540, end=1020, weekdays=(0, 1, 2, 3, 4)),
        ),
        (
            "{to: 12, timezone: Asia/Tokyo, calendar: work}",
            Hours(begin=0, end=720, timezone="Asia/Tokyo", calendar=WEEKEND),
        ),
    ],
)
def test_hours_are_read(text: str, hours: Hours) -> None:
    found = refresh(f"{{hours: {text}}}" if text[0] == "{" else f'{{hours: "{text}"}}')
    assert found.hours == hours


def test_hours_lie_in_the_zone_around_them() -> None:
    found = refresh("{hours: 8-18, timezone: Europe/Berlin, calendar: work}")
    assert found.hours is not None
    assert (found.hours.timezone, found.hours.calendar) == ("Europe/Berlin", WEEKEND)


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("4 per day", Rate(4, 86_400)),
        ("once", None),
        ("1 an hour", Rate(1, 3600)),
        ("10 times per 6h", Rate(10, 21_600)),
        ("3/week", Rate(3, 604_800)),
    ],
)
def test_a_rate_is_read(text: str, rate: Rate | None) -> None:
    whole = f"sql: SELECT 1\nrefresh: {{rate: {text}}}\n"
    found = declare_file("assets/a.yaml", whole, SETTINGS)
    assert [each.refresh.rate for each in found.assets] == ([rate] if rate else [])


def test_a_calendar_gathers_all_that_it_excludes() -> None:
    text = "{cron: daily, calendar: {exclude: [de holidays, DE-BY holidays, sunday, sat, " + (
        "2026-12-31..2027-01-02, 2026-12-24]}}"
    )
    rule = refresh(text).rule
    assert isinstance(rule, Cron)
    assert rule.calendar == Calendar(
        holidays=("DE", "DE-BY"),
        days=("2026-12-24", "2026-12-31", "2027-01-01", "2027-01-02"),
        weekdays=(5, 6),
    )


def test_holidays_need_the_package_that_knows_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    text = "sql: SELECT 1\nrefresh: {cron: daily, calendar: {exclude: [DE holidays]}}\n"
    (found,) = declare_file("assets/a.yaml", text, SETTINGS).diagnostics
    assert found.code == "E131"
    assert found.fix == "pip install 'freshline[calendars]'"


@pytest.mark.parametrize(
    ("text", "freshness"),
    [
        ("26h", Freshness(fail=93_600)),
        ("{warn: 1h, fail: 2h, drive: true}", Freshness(fail=7200, warn=3600, drives=True)),
        (
            "{fail: 2h, by: daily, timezone: Asia/Tokyo, calendar: work}",
            Freshness(fail=7200, by="0 0 * * *", timezone="Asia/Tokyo", calendar=WEEKEND),
        ),
    ],
)
def test_freshness_is_read(text: str, freshness: Freshness) -> None:
    found = asset(f"freshness: {text}").freshness
    assert found is not None and found.span is not None
    assert replace(found, span=None) == freshness


def test_a_rule_replaces_the_one_from_outside_as_a_whole() -> None:
    folder = declare_file(
        "assets/_folder.yaml", "refresh: {every: 1h, rate: 4 per day}\nfreshness: 26h\n", SETTINGS
    )
    folders = layers_of([folder])

    def of(text: str, environment: str) -> AssetDefinition:
        whole = f"sql: SELECT 1\n{text}"
        found = declare_file("assets/marts/a.yaml", whole, SETTINGS, environment, folders)
        assert found.diagnostics == ()
        return found.assets[0]

    outer = of("", "prod")
    assert outer.refresh.rule == Every(seconds=3600)
    assert outer.refresh.span is not None and outer.refresh.span.file == "assets/_folder.yaml"
    assert outer.freshness is not None
    own = of("refresh: manual\n", "prod").refresh
    assert (own.rule, own.rate) == (Manual(), None)
    unset = of("refresh: null\n", "prod")
    assert unset.refresh == Refresh()
    here = of("refresh: manual\n", "dev")
    assert (here.refresh.rule, here.refresh.cooldown) == (Upstream(), 3600)
    assert (here.freshness, here.pool) == (None, "warehouse")


def test_what_a_rule_waits_for_is_known_by_its_place() -> None:
    found = asset("refresh:\n  wake:\n    - raw.a\n    - {source: b.c, columns: [d]}").refresh
    assert [(n.words, n.span.line, n.span.column) for n in found.named] == [
        ("raw.a", 4, 7),
        ("b.c", 5, 16),
        ("b.c.d", 5, 31),
    ]


def test_pools_and_runs_are_the_projects() -> None:
    found = read_settings("project: a\nruns: 2\npools: {warehouse: 3}\n").project
    assert (found.runs, dict(found.pools)) == (2, {"warehouse": 3})
    assert read_settings("project: a\n").project.runs == 4


def test_freshness_of_a_folder_holds_of_sources_and_drives_none() -> None:
    folder = declare_file("sources/_folder.yaml", "freshness: {fail: 1d, drive: true}\n", SETTINGS)
    text = "sources:\n  raw.a: {path: a.csv}\n"
    found = declare_file("sources/a.yaml", text, SETTINGS, "prod", layers_of([folder]))
    (freshness,) = (each.freshness for each in found.sources)
    assert freshness is not None and freshness.fail == 86_400
    assert not freshness.drives


_WORDS = st.sampled_from(
    ["*", "0", "61", "*/5", "L", "?", "mon", "{", "}", "cron:", "every:", "1h", "[", "]", ",", "@"]
)


@given(st.lists(_WORDS, max_size=8))
def test_whatever_stands_there_is_a_rule_or_is_told(words: list[str]) -> None:
    text = f"sql: SELECT 1\nrefresh: {' '.join(words)}\n"
    found = declare_file("assets/a.yaml", text, SETTINGS)
    assert len(found.assets) == (not found.diagnostics)
