"""What docs/howto/webhooks-and-notices.md shows and says is so."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import pytest
from tests.unit.receivers import receiver

from freshline.declare.project import read_settings
from freshline.errors import DeniedError
from freshline.outgoing import attempts, signing
from freshline.outgoing.addresses import Allowed
from freshline.outgoing.notices import PLACEHOLDERS, route
from freshline.outgoing.notifiers import MakeNotifier, Notice
from freshline.outgoing.sending import SECONDS, HttpSender
from freshline.outgoing.signing import signed

PAGE = Path(__file__).parents[2] / "docs/howto/webhooks-and-notices.md"
TEXT = PAGE.read_text(encoding="utf-8")
SECRET, AT, BODY = "a secret of more than sixteen", 1_700_000_000, b'{"version":1}'
IsOurs = Callable[[str, Mapping[str, str], bytes, float], bool]


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def defined(code: str, name: str) -> object:
    names: dict[str, object] = {}
    exec(compile(code, PAGE.name, "exec"), names)
    return names[name]


@pytest.fixture
def is_ours() -> IsOurs:
    return cast(IsOurs, defined(blocks("python")[0], "is_ours"))


def headers(**other: str) -> dict[str, str]:
    found = dict(signed(SECRET, "1", AT, BODY))
    return {**found, **{f"Freshline-{name}": value for name, value in other.items()}}


def test_the_sample_takes_what_is_ours(is_ours: IsOurs) -> None:
    assert is_ours(SECRET, headers(), BODY, AT + 1.5)
    both = f"v1=00,{headers()['Freshline-Signature']}"
    assert is_ours(SECRET, headers(Signature=both), BODY, AT)


FORGED: Mapping[str, tuple[dict[str, str], bytes, float]] = {
    "another body": (headers(), b'{"version":2}', AT),
    "another secret": (dict(signed("another secret of that length", "1", AT, BODY)), BODY, AT),
    "another timestamp": (headers(Timestamp=str(AT + 1)), BODY, AT),
    "an old one that is sent again": (headers(), BODY, AT + 301),
    "one of times to come": (headers(), BODY, AT - 301),
    "no signature": (headers(Signature=""), BODY, AT),
    "a signature without its version": (headers(Signature="00"), BODY, AT),
    "a signature that is no ASCII": (headers(Signature="v1=\xe9"), BODY, AT),
    "no timestamp": (headers(Timestamp=""), BODY, AT),
    "a timestamp that is no number": (headers(Timestamp="now"), BODY, AT),
    "a timestamp of other digits": (headers(Timestamp="\u0661\u0667"), BODY, AT),
    "a timestamp without end": (headers(Timestamp="9" * 5000), BODY, AT),
    "nothing at all": ({}, BODY, AT),
}


@pytest.mark.parametrize(("given", "body", "now"), FORGED.values(), ids=FORGED)
def test_the_sample_takes_nothing_that_is_forged(
    is_ours: IsOurs, given: dict[str, str], body: bytes, now: float
) -> None:
    assert not is_ours(SECRET, given, body, now)


def test_the_settings_are_understood_and_reach_whom_the_page_says() -> None:
    settings = read_settings(blocks("yaml")[0])
    project = settings.project
    assert settings.diagnostics == ()
    ways = {name: route(name, project.owners, project.channels) for name in ("data", "finance")}
    assert ways["data"] is not None and ways["data"].channel.name == "data-team"
    assert ways["finance"] is not None and ways["finance"].to == "finance@shop.example"


def test_the_pager_tells_by_the_rules(is_ours: IsOurs) -> None:
    make = cast(MakeNotifier, defined(blocks("python")[1], "Pager"))
    with pytest.raises(DeniedError):
        make({}, HttpSender())
    with receiver() as there:
        sender = HttpSender(Allowed(entries=(there.allowed,)))
        make({"url": there.url}, sender).tell(Notice(subject="a", text="b"), "")
        assert there.came[0].body == b"a\nb"


def test_the_numbers_and_names_are_those_that_hold() -> None:
    assert attempts.MOST == 12 and "12 times in all" in TEXT
    assert SECONDS == 5 and "within 5 seconds" in TEXT
    assert signing.SHORTEST == 16 and "at least 16 characters" in TEXT
    for header in (signing.ID, signing.TIMESTAMP, signing.SIGNATURE):
        assert f"`{header}`" in TEXT
    for name in PLACEHOLDERS:
        assert f"`{{{name}}}`" in TEXT
