"""What can be wrong with a request: errors that pages and API answer with a status of their own."""

from freshline.errors import FreshlineError


class AbsentError(FreshlineError):
    """There is nothing under this address, or nothing that the caller may see: 404."""

    code = "F701"


class RefusedError(FreshlineError):
    """Who asks may not do this: 403."""

    code = "F702"


class InvalidError(FreshlineError):
    """The request says something that cannot be: 422."""

    code = "F703"


class OutdatedError(FreshlineError):
    """What the caller decided on is not so any more: 409."""

    code = "F704"


class UnknownCallerError(FreshlineError):
    """Nobody is signed in: 401."""

    code = "F705"


class ForeignRequestError(FreshlineError):
    """Another site sent this, or it came under a name that is not this server's: 403 or 421."""

    code = "F706"


class WrongHostError(ForeignRequestError):
    """It came under a name that is not this server's: 421."""


class TooMuchError(FreshlineError):
    """The request is larger, longer or deeper than any that makes sense: 413."""

    code = "F707"


class TooOftenError(FreshlineError):
    """The caller asks too often: 429; `seconds` says when to come back."""

    code = "F708"
    retryable = True

    def __init__(self, message: str, *, seconds: int = 1, help: str = "") -> None:
        super().__init__(message, help=help)
        self.seconds = seconds


class MediaError(FreshlineError):
    """The body is of a kind that is not read here: 415."""

    code = "F709"


class UsedKeyError(FreshlineError):
    """An idempotency key was used before, for something else or with an unknown end: 409."""

    code = "F710"
