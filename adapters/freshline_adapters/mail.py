"""Notices as mail, handed to an SMTP server."""

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from freshline.errors import DeniedError, ResourceError
from freshline.outgoing.notifiers import Notice, Notifier, Sender

_SECONDS = 10.0
_KNOWN = frozenset({"host", "port", "from", "to", "user", "password", "security"})
_PORTS = {"starttls": 587, "tls": 465, "none": 25}


class Mail:
    """Hands mail to the server at `host` and `port`, from `from`, to `to` where nobody is named.

    `security` is `starttls` (the default), `tls`, or `none`, with which no password is sent. The
    server may be anywhere: it is named by the project. DeniedError where the settings are none.
    """

    def __init__(self, settings: Mapping[str, object], sender: Sender) -> None:
        del sender
        unknown = sorted(settings.keys() - _KNOWN)
        if unknown:
            raise DeniedError(f"smtp knows no setting {unknown[0]}", help=f"it knows {_words()}")
        self._host, self._from = _text(settings, "host"), _text(settings, "from")
        if not self._host or not self._from:
            raise DeniedError("smtp needs `host:` and `from:`", help=f"it knows {_words()}")
        self._to, self._user = _text(settings, "to"), _text(settings, "user")
        self._password = _text(settings, "password")
        self._security = _text(settings, "security") or "starttls"
        if self._security not in _PORTS:
            raise DeniedError(
                f"smtp knows no security {self._security}", help=f"write {', '.join(_PORTS)}"
            )
        if self._user and self._security == "none":
            raise DeniedError(
                "a password is not sent without TLS", help="write `security: starttls`, or no user"
            )
        self._port = _port(settings.get("port", _PORTS[self._security]))

    def tell(self, notice: Notice, to: str) -> None:
        """Send a notice as a mail of plain text."""
        message = self._message(notice, to or self._to)
        try:
            with self._connected() as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            raise ResourceError(f"{self._host} does not take mail for this recipient") from error
        except smtplib.SMTPResponseException as error:
            raise ResourceError(f"{self._host} answered {error.smtp_code}") from error
        except ssl.SSLCertVerificationError as error:
            why = f"the certificate of {self._host} cannot be trusted: {error.verify_message}"
            raise ResourceError(why) from error
        except (OSError, smtplib.SMTPException) as error:
            raise ResourceError(f"{self._host}:{self._port} cannot be reached by SMTP") from error

    def _message(self, notice: Notice, to: str) -> EmailMessage:
        if not to:
            raise DeniedError("nobody is named to mail to", help="add `to:`, or an owner's email")
        message = EmailMessage()
        try:
            message["From"], message["To"] = self._from, to
            message["Subject"] = notice.subject
        except ValueError as error:  # a line feed, behind which another header would begin
            raise DeniedError("an address of this mail is none") from error
        message["Date"], message["Message-ID"] = formatdate(), make_msgid(domain="freshline")
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(notice.text)
        return message

    def _connected(self) -> smtplib.SMTP:
        trusted = ssl.create_default_context()
        if self._security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                self._host, self._port, timeout=_SECONDS, context=trusted
            )
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_SECONDS)
        try:
            if self._security == "starttls":
                server.starttls(context=trusted)
            if self._user:
                server.login(self._user, self._password)
        except BaseException:
            server.close()
            raise
        return server


_: type[Notifier] = Mail


def _text(settings: Mapping[str, object], name: str) -> str:
    value = settings.get(name, "")
    if not isinstance(value, str):
        raise DeniedError(f"`{name}:` of smtp is no text")
    return value


def _port(value: object) -> int:
    text = str(value)
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise DeniedError("`port:` of smtp is no port")
    return int(text)


def _words() -> str:
    return ", ".join(sorted(_KNOWN))
