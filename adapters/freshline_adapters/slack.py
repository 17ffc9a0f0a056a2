"""Notices as Slack's incoming webhooks take them, and whoever understands the same JSON."""

from collections.abc import Mapping

from freshline.codec import encode
from freshline.errors import DeniedError
from freshline.outgoing.notifiers import Notice, Notifier, Sender


class Slack:
    """Posts to `url`; DeniedError where the settings name none, or something else too."""

    def __init__(self, settings: Mapping[str, object], sender: Sender) -> None:
        url = settings.get("url")
        if not isinstance(url, str) or len(settings) > 1:
            raise DeniedError(
                "a channel of Slack is one address",
                help="write for instance `slack: ${secret.slack_url}`",
            )
        self._url, self._sender = url, sender

    def tell(self, notice: Notice, to: str) -> None:
        """Post a notice; what looks like a mention or a link in it stays text."""
        text = f"{notice.subject}\n{notice.text}"
        for sign, word in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
            text = text.replace(sign, word)
        body = encode({"text": text, "unfurl_links": False, "unfurl_media": False})
        self._sender.post(self._url, {"Content-Type": "application/json"}, body)


_: type[Notifier] = Slack
