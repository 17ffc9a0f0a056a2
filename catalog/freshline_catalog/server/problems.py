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
