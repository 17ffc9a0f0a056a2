"""Commands of any language: what they are told, what they may say, and how they fail."""

import json
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.locations.trying import Project, processes_with

from freshline.calls import Datum, Format, Given, Wanted
from freshline.code import Limits
from freshline.definitions import CheckSeverity
from freshline.errors import CodeError, FreshlineError, TimedOutError, WorkerLostError

pytestmark = pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell here")


def sh(script: str) -> tuple[str, str, str]:
    return ("sh", "-c", script)


def given(name: str, *files: str, missing: bool = False) -> Given:
    return Given(
        name=name,
        key=f"stg.{name}",
        form="path",
        format=Format.PARQUET,
        files=files,
        missing=missing,
    )


class Told(NamedTuple):
    script: str
    expected: str


TOLD = {
    "a file of an input": Told("echo $FRESHLINE_INPUT_ORDERS", "/data/one.parquet"),
    "an input of several files as a folder": Told(
        "ls $FRESHLINE_INPUT_MANY", "000000.parquet\n000001.parquet"
    ),
    "nothing of an input that is missing": Told("echo x${FRESHLINE_INPUT_NONE-unset}", "xunset"),
    "its config": Told("echo $FRESHLINE_CONFIG", '{"limit": 3, "name": "a b", "deep": {"x": [1]}}'),
    "its asset and its run": Told("echo $FRESHLINE_ASSET $FRESHLINE_RUN", "marts.it r1"),
    "placeholders of inputs": Told("echo {input.orders}", "/data/one.parquet"),
    "placeholders of config": Told("echo {config.limit} {config.name}", "3 a b"),
    "placeholders of config within config": Told("echo '{config.deep.x}'", "[1]"),
    "other braces as they are": Told(
        "echo '{}' '{print $1}' '{input}'x | cut -c1-14", "{} {print $1} "
    ),
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
def test_a_command_is_told(told: Told, project: Project) -> None:
    inputs: tuple[Given, ...] = (given("orders", "/data/one.parquet"),)
    if "MANY" in told.script or "NONE" in told.script:
        inputs = (
            given("many", "/data/a.parquet", "/data/b.parquet"),
            given("none", missing=True),
        )

    outcome = project.command(*sh(f"{told.script}; echo a > $FRESHLINE_OUTPUT"), given=inputs)

    assert outcome.error is None, outcome.error
    assert "\n".join(outcome.texts) == told.expected


def test_it_runs_in_the_project_without_the_secrets(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FRESHLINE_SECRET_DOOR", "sesame")
    project.write("lib/said.txt", "here\n")

    outcome = project.command(*sh("cat lib/said.txt; env > {output}"))

    assert outcome.texts == ["here"]
    assert outcome.returned is not None
    assert "sesame" not in Path(outcome.returned.made[0].files[0]).read_text()


class Written(NamedTuple):
    script: str
    format: Format
    names: tuple[str, ...]


WRITTEN = {
    "text without an ending is CSV": Written("echo a,b > {output}", Format.CSV, ("output",)),
    "an array is JSON": Written("echo '[{\"a\": 1}]' > {output}", Format.JSON, ("output",)),
    "Parquet is known by its first bytes": Written(
        "printf PAR1xxxxPAR1 > {output}", Format.PARQUET, ("output",)
    ),
    "an ending says what it is": Written(
        "echo x > {output}.parquet", Format.PARQUET, ("output.parquet",)
    ),
    "any other ending is a file": Written("echo x > {output}.png", Format.FILE, ("output.png",)),
    "other bytes are a file": Written("printf '\\0\\1\\377' > {output}", Format.FILE, ("output",)),
    "a folder holds several files": Written(
        "mkdir {output}; touch {output}/b.csv {output}/a.csv {output}/_SUCCESS",
        Format.CSV,
        ("a.csv", "b.csv"),
    ),
}


@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_what_a_command_wrote_is_known_by_what_appears(written: Written, project: Project) -> None:
    outcome = project.command(*sh(written.script))

    assert outcome.returned is not None, outcome.error
    (made,) = outcome.returned.made
    assert made.format is written.format
    assert tuple(Path(file).name for file in made.files) == written.names


def test_several_outputs_have_paths_of_their_own_and_may_be_missing(project: Project) -> None:
    wanted = (Wanted("a", "marts.a"), Wanted("b", "marts.b"))

    outcome = project.command(*sh("echo x > $FRESHLINE_OUTPUT_A; test {output.b}"), wanted=wanted)

    assert outcome.returned is not None, outcome.error
    assert [(one.name, one.missing) for one in outcome.returned.made] == [("a", False), ("b", True)]


def test_a_command_says_more_by_a_file_of_messages(project: Project) -> None:
    said: list[object] = [
        {"metadata": {"rows": 3, "share": 0.5, "ok": True, "who": "me", "list": [1]}},
        {"metadata": {"page": {"kind": "url", "value": "https://example.test"}}},
        {"log": "half of it is done", "level": "warning"},
        {"progress": 0.5, "message": "two of four"},
        {"check": {"name": "no_gaps", "passed": False, "severity": "warn"}},
        {"nonsense": 1},
        {"check": {"name": "no_verdict"}},
        "a text",
    ]
    project.write("said.jsonl", "\n".join(json.dumps(one) for one in said) + "\nnot json")

    outcome = project.command(*sh("cat said.jsonl >> $FRESHLINE_MESSAGES; echo a > {output}"))

    assert outcome.returned is not None, outcome.error
    assert outcome.returned.metadata == {
        "rows": Datum("int", 3),
        "share": Datum("float", 0.5),
        "ok": Datum("bool", True),
        "who": Datum("text", "me"),
        "list": Datum("json", [1]),
        "page": Datum("url", "https://example.test"),
    }
    (check,) = outcome.returned.checks
    assert (check.name, check.passed, check.severity) == ("no_gaps", False, CheckSeverity.WARN)
    assert [(line.level, line.source, line.done) for line in outcome.lines[:2]] == [
        ("warning", "log", None),
        ("info", "progress", 0.5),
    ]
    complaints = [line.text for line in outcome.lines[2:]]
    assert len(complaints) == 4
    assert all(text.startswith("FRESHLINE_MESSAGES: ") for text in complaints)


class Failing(NamedTuple):
    arguments: tuple[str, ...]
    error: type[FreshlineError]
    message: str
    help: str = ""
    limits: Limits = Limits()
    timeout: float | None = None


FAILING = {
    "an exit code with what it said last": Failing(
        sh("echo out; echo the reason >&2; exit 3"),
        CodeError,
        "ended with exit code 3: the reason",
    ),
    "a signal": Failing(sh("kill -9 $$"), WorkerLostError, "was killed (SIGKILL)"),
    "a program that is not there": Failing(
        ("no-such-program",), CodeError, "there is no program no-such-program", "install it"
    ),
    "a file that is not executable": Failing(
        ("./plain.txt",), CodeError, "it is not executable", "chmod +x ./plain.txt"
    ),
    "a script without its interpreter": Failing(
        ("./lost.sh",), FreshlineError, "cannot be started: No such file or directory"
    ),
    "no output": Failing(sh("true"), CodeError, "wrote no output", "FRESHLINE_OUTPUT"),
    "two outputs for one": Failing(
        sh("touch {output}.csv {output}.json"), CodeError, "output.csv, output.json"
    ),
    "a placeholder for an input that is not there": Failing(
        sh("cat {input.ordres}"), CodeError, "{input.ordres}", 'did you mean "orders"?'
    ),
    "a placeholder for config that is not there": Failing(
        sh("cat {config.limt}"), CodeError, "{config.limt}", 'did you mean "limit"?'
    ),
    "too long a time": Failing(sh("sleep 60"), TimedOutError, "its timeout of 0.3 s", timeout=0.3),
    "a file beyond its limit": Failing(
        sh("head -c 100000 /dev/zero > {output}"),
        FreshlineError,
        "",
        limits=Limits(file_size=10_000),
    ),
}


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING)
def test_a_command_that_fails_says_why(failing: Failing, project: Project) -> None:
    project.write("plain.txt", "text")
    project.write("lost.sh", "#!/no/such/interpreter\n").chmod(0o755)

    outcome = project.command(
        *failing.arguments,
        given=(given("orders", "/data/one.parquet"),),
        limits=failing.limits,
        timeout=failing.timeout,
    )

    assert isinstance(outcome.error, failing.error), outcome
    assert failing.message in outcome.message
    assert failing.help in outcome.error.help


def test_nothing_that_a_command_started_outlives_it(project: Project) -> None:
    project.command(*sh("setsid sleep 1000.0417 & echo a > {output}"))

    assert processes_with("1000.0417") == []


def test_its_last_lines_are_in_the_trace(project: Project) -> None:
    outcome = project.command(*sh("for i in 1 2 3; do echo line $i; done; exit 1"))

    assert outcome.trace.splitlines()[-3:] == ["  line 1", "  line 2", "  line 3"]
