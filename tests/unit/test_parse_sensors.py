"""Sensors and schedules, as the values that they come to."""

import pytest

from freshline.declare.assembly import assemble
from freshline.declare.declaration import declare_file
from freshline.declare.project import read_settings
from freshline.refresh import (
    Act,
    AssetArrived,
    CallWebhook,
    CatchUp,
    Condition,
    Counts,
    Cron,
    EventArrived,
    FilesArrived,
    FunctionSaid,
    Materialize,
    Notify,
    Result,
    RunEnded,
    ScheduleDefinition,
    SensorDefinition,
    WatermarkMoved,
)

SETTINGS = read_settings(
    "project: shop\nvars: {inbox: in, least: 3}\nlocations: {risk: assets/risk}\n"
    "catalogs: {finance: ../finance}\nowners: {data: , ops: }\n",
    process={"HOST": "hooks.example"},
)


def sensor(when: str, do: str = "{materialize: a.b}", more: str = "") -> SensorDefinition:
    text = f"sensors:\n  s:\n    when: {when}\n    do: {do}\n{more}"
    process = {"HOST": "hooks.example"}
    found = declare_file("sensors/a.yaml", text, SETTINGS, process=process)
    assert found.diagnostics == (), found.diagnostics
    return found.sensors[0]


def schedule(text: str) -> ScheduleDefinition:
    found = declare_file("sensors/a.yaml", f"schedules: {{s: {text}}}\n", SETTINGS)
    assert found.diagnostics == (), found.diagnostics
    return found.schedules[0]


CONDITIONS: dict[str, Condition] = {
    "{asset: a.b}": AssetArrived(key="a.b"),
    "{asset: a.b, columns: c, checks: any, changed: false, settle: 2m}": AssetArrived(
        key="a.b", columns=("c",), passed=False, changed=False, settle=120
    ),
    '{asset: "catalog://finance/marts.rates"}': AssetArrived(key="catalog://finance/marts.rates"),
    '{files: "${var.inbox}/*.csv", settle: 30s}': FilesArrived(path="in/*.csv", settle=30),
    '{files: "s3://${secret.bucket}/a"}': FilesArrived(path="s3://${secret.bucket}/a"),
    '{sql: "SELECT max(a) FROM b WHERE c > ${var.least}"}': WatermarkMoved(
        sql="SELECT max(a) FROM b WHERE c > 3"
    ),
    "{run: failed, select: tag:a}": RunEnded(result=Result.FAILED, selection="tag:a"),
    "{run: succeeded}": RunEnded(result=Result.SUCCEEDED),
    "{event: month.closed}": EventArrived(name="month.closed"),
    '{python: "a.b:c"}': FunctionSaid(function="a.b:c", location="main"),
    '{python: "a.b:c", location: risk}': FunctionSaid(function="a.b:c", location="risk"),
}


@pytest.mark.parametrize(("text", "condition"), CONDITIONS.items(), ids=CONDITIONS)
def test_a_condition_is_read(text: str, condition: Condition) -> None:
    found = sensor(text)
    assert found.conditions == (condition,)
    assert (found.counts, found.at_least, found.within) == (Counts.ANY, None, None)


BOTH = (EventArrived(name="a"), EventArrived(name="b"))


@pytest.mark.parametrize(
    ("text", "counts", "at_least", "within"),
    [
        ("[{event: a}, {event: b}]", Counts.ANY, None, None),
        ("{any: [{event: a}, {event: b}]}", Counts.ANY, None, None),
        ("{all: [{event: a}, {event: b}]}", Counts.ALL, None, None),
        ("{all: [{event: a}, {event: b}], within: 2h}", Counts.ALL, None, 7200),
        ("{count: 2, of: [{event: a}, {event: b}], within: 1d}", Counts.ANY, 2, 86_400),
    ],
)
def test_several_conditions_say_how_many_of_them(
    text: str, counts: Counts, at_least: int | None, within: float | None
) -> None:
    found = sensor(text)
    assert found.conditions == BOTH
    assert (found.counts, found.at_least, found.within) == (counts, at_least, within)


ACTS: dict[str, tuple[Act, ...]] = {
    "{materialize: +a.b}": (Materialize(selection="+a.b"),),
    "{materialize: [a.b, tag:c]}": (Materialize(selection="(a.b) or (tag:c)"),),
    '{webhook: "${secret.hook}"}': (CallWebhook(url="${secret.hook}"),),
    '{webhook: "https://${env.HOST}/${secret.path}", secret: "${secret.key}"}': (
        CallWebhook(url="https://hooks.example/${secret.path}", secret="${secret.key}"),
    ),
    "[{materialize: a}, {notify: [data, ops], text: Done.}]": (
        Materialize(selection="a"),
        Notify(to=("data", "ops"), text="Done."),
    ),
}


@pytest.mark.parametrize(("text", "acts"), ACTS.items(), ids=ACTS)
def test_what_a_sensor_does_is_read(text: str, acts: tuple[Act, ...]) -> None:
    assert sensor("{event: a}", text).acts == acts


def test_a_sensor_says_more_about_itself() -> None:
    found = sensor("{event: a}", more="    every: 2m\n    owner: data\n    description: Why.\n")
    assert (found.every, found.owner, found.description) == (120, "data", "Why.")
    assert sensor("{event: a}").every == 30
    assert (found.file, found.span.line, found.line) == ("sensors/a.yaml", 2, "  s:")


def test_a_secret_in_a_file_is_refused_and_not_shown() -> None:
    text = (
        "sensors:\n  s:\n    when: {event: a}\n"
        '    do: {webhook: "https://a.example", secret: hunter2}\n'
    )
    (found,) = declare_file("sensors/a.yaml", text, SETTINGS).diagnostics
    assert found.code == "E105"
    assert "hunter2" not in repr(found)


MOMENTS = {
    "{cron: weekly, select: a}": Cron(expression="0 0 * * 1"),
    "{cron: '0 3 * * *', timezone: Asia/Tokyo, catch_up: all, select: a}": Cron(
        expression="0 3 * * *", timezone="Asia/Tokyo", catch_up=CatchUp.ALL
    ),
    "{every: 1m, select: a}": Cron(expression="* * * * *"),
    "{every: 15m, select: a}": Cron(expression="*/15 * * * *"),
    "{every: 1h, select: a}": Cron(expression="0 * * * *"),
    "{every: 6h, select: a}": Cron(expression="0 */6 * * *"),
    "{every: 24h, select: a}": Cron(expression="0 0 * * *"),
}


@pytest.mark.parametrize(("text", "cron"), MOMENTS.items(), ids=MOMENTS)
def test_a_schedule_has_moments(text: str, cron: Cron) -> None:
    assert schedule(text).cron == cron


@pytest.mark.parametrize("every", ["90m", "7m", "5h", "2d", "30s", "1.5h"])
def test_what_does_not_fit_the_clock_is_no_schedule(every: str) -> None:
    text = f"schedules: {{s: {{every: {every}, select: a}}}}\n"
    found = declare_file("sensors/a.yaml", text, SETTINGS)
    assert [each.code for each in found.diagnostics] == ["E105"]
    assert found.schedules == ()


def test_a_schedule_says_what_is_selected_and_how_urgent_it_is() -> None:
    found = schedule("{cron: daily, select: tag:a, priority: -5, description: Why., owner: ops}")
    assert (found.selection, found.priority, found.owner) == ("tag:a", -5, "ops")
    assert [each.words for each in found.named] == ["tag:a"]


def test_the_project_lists_them_too_and_a_name_stands_once() -> None:
    files = {
        "freshline.yaml": (
            "project: shop\nschedules:\n  nightly: {cron: daily, select: a}\n"
            "sensors:\n  one: {when: {event: a}, do: {materialize: b}}\n"
        ),
        "sensors/a.yaml": "schedules:\n  nightly: {cron: hourly, select: a}\n",
        "sensors/deep/b.yml": "sensors:\n  two: {when: {event: a}, do: {materialize: b}}\n",
    }
    settings = read_settings(files["freshline.yaml"])
    parts = [declare_file(path, text, settings) for path, text in files.items()]
    found = assemble(settings, parts)
    assert [each.name for each in found.sensors] == ["one", "two"]
    assert found.schedules == ()
    assert [(each.code, str(each.span)) for each in found.diagnostics] == [
        ("E110", "sensors/a.yaml:2:3")
    ]


def test_one_that_is_broken_takes_nothing_else_with_it() -> None:
    text = (
        "sensors:\n  bad: {when: {evnt: a}, do: {materialize: b}}\n"
        "  good: {when: {event: a}, do: {materialize: b}}\n"
        "schedules:\n  bad: {cron: 0 6 * *, select: a}\n  good: {cron: daily, select: a}\n"
    )
    found = declare_file("sensors/a.yaml", text, SETTINGS)
    assert [each.name for each in found.sensors] == ["good"]
    assert [each.name for each in found.schedules] == ["good"]
    assert [each.code for each in found.diagnostics] == ["E102", "E127"]
