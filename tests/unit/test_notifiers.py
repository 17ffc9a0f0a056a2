"""Ours of the notifiers: mail to a real SMTP server, and JSON as Slack takes it."""

import json
import logging
from asyncio import Server as Listening
from collections.abc import Iterator
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.unit.receivers import receiver

from freshline.errors import DeniedError, FreshlineError, ResourceError
from freshline.outgoing.addresses import Allowed
from freshline.outgoing.notifiers import Notice
from freshline.outgoing.sending import HttpSender
from freshline_adapters.mail import Mail
from freshline_adapters.slack import Slack

NOTICE = Notice(
    subject="[shop/main] stg.orders is in trouble", text="Zürich failed:\n<!channel> & co"
)
SENDER = HttpSender()


class Inbox:
    """What a mail server took."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []
        self.answer = "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        self.taken.append(envelope)
        return self.answer


class Server(Controller):
    """A server at whatever port is free."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Listening)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    found = Inbox()
    server = Server(found, hostname="127.0.0.1", port=0)
    server.start()
    try:
        yield found, server.port
    finally:
        server.stop()


def settings(port: int, **more: object) -> dict[str, object]:
    return {"host": "127.0.0.1", "port": port, "from": "freshline@shop.example", **more}


def test_a_notice_is_a_mail_of_plain_text(inbox: tuple[Inbox, int]) -> None:
    box, port = inbox
    Mail(settings(port, security="none"), SENDER).tell(NOTICE, "ada@shop.example")
    (taken,) = box.taken
    assert isinstance(taken.content, bytes)
    mail = message_from_bytes(taken.content, policy=policy.default)
    assert taken.rcpt_tos == ["ada@shop.example"]
    assert mail["Subject"] == NOTICE.subject and mail["Auto-Submitted"] == "auto-generated"
    assert mail.get_content().strip().replace("\r", "") == NOTICE.text


def test_where_nobody_is_named_it_goes_to_the_channel_itself(inbox: tuple[Inbox, int]) -> None:
    box, port = inbox
    Mail(settings(port, security="none", to="team@shop.example"), SENDER).tell(NOTICE, "")
    assert box.taken[0].rcpt_tos == ["team@shop.example"]


@pytest.mark.parametrize("to", ["ada@shop.example\r\nBcc: eve@shop.example", "ada@x\nX-Y: z", ""])
def test_an_address_cannot_begin_another_header(inbox: tuple[Inbox, int], to: str) -> None:
    box, port = inbox
    with pytest.raises(DeniedError):
        Mail(settings(port, security="none"), SENDER).tell(NOTICE, to)
    assert box.taken == []


def test_a_server_without_tls_gets_nothing_unless_that_is_said(inbox: tuple[Inbox, int]) -> None:
    box, port = inbox
    with pytest.raises(ResourceError):
        Mail(settings(port, user="u", password="a password"), SENDER).tell(NOTICE, "a@b")
    assert box.taken == []


def test_a_server_that_refuses_may_take_it_later(inbox: tuple[Inbox, int]) -> None:
    box, port = inbox
    box.answer = "451 later"
    with pytest.raises(ResourceError, match="answered 451"):
        Mail(settings(port, security="none"), SENDER).tell(NOTICE, "a@b")


BAD = {
    "no host": ({"from": "a@b"}, "needs `host:`"),
    "an unknown setting": ({"host": "h", "from": "a@b", "hots": "h"}, "no setting hots"),
    "an unknown security": ({"host": "h", "from": "a@b", "security": "ssl"}, "no security ssl"),
    "a port that is none": ({"host": "h", "from": "a@b", "port": "x"}, "no port"),
    "a password without TLS": (
        {"host": "h", "from": "a@b", "user": "u", "password": "p", "security": "none"},
        "not sent without TLS",
    ),
}


@pytest.mark.parametrize(("given", "told"), BAD.values(), ids=BAD)
def test_settings_of_mail_that_cannot_be_are_told(given: dict[str, object], told: str) -> None:
    with pytest.raises(DeniedError, match=told):
        Mail(given, SENDER)


def test_slack_gets_text_in_which_nothing_is_a_mention_or_a_link() -> None:
    with receiver() as there:
        sender = HttpSender(Allowed(entries=(there.allowed,)))
        Slack({"url": there.url}, sender).tell(NOTICE, "")
        body = json.loads(there.came[0].body)
    assert body["text"].splitlines() == [
        NOTICE.subject,
        "Zürich failed:",
        "&lt;!channel&gt; &amp; co",
    ]
    assert body["unfurl_links"] is False


def test_the_address_of_slack_is_not_in_its_errors() -> None:
    with receiver() as there:
        there.answer = lambda came: (403, {}, b"no")
        sender = HttpSender(Allowed(entries=(there.allowed,)))
        with pytest.raises(FreshlineError) as told:
            Slack({"url": f"{there.url}/T0/B0/xyz"}, sender).tell(NOTICE, "")
    assert "xyz" not in told.value.message


@pytest.mark.parametrize("given", [{}, {"url": 1}, {"url": "https://a", "token": "x"}])
def test_settings_of_slack_that_cannot_be_are_told(given: dict[str, object]) -> None:
    with pytest.raises(DeniedError, match="one address"):
        Slack(given, SENDER)
