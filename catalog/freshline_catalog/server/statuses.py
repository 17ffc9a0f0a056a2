"""Statuses: which of HTTP's numbers tells whose task it is now."""

from collections.abc import Mapping

from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from freshline import errors
from freshline.errors import FreshlineError
from freshline_catalog.server import problems

# By kind, the nearest ancestor counts. What is not here is no fault of the caller's: 500.
STATUS: Mapping[type[FreshlineError], int] = {
    problems.AbsentError: 404,
    problems.RefusedError: 403,
    problems.InvalidError: 422,
    problems.OutdatedError: 409,
    problems.UnknownCallerError: 401,
    problems.ForeignRequestError: 403,
    problems.WrongHostError: 421,
    problems.TooMuchError: 413,
    problems.TooOftenError: 429,
    problems.MediaError: 415,
    problems.UsedKeyError: 409,
    errors.UsageError: 422,
    errors.DefinitionError: 422,
    errors.ComputeError: 422,
    errors.BusyError: 409,
    errors.ConflictError: 409,
    errors.UnbuiltError: 404,
    errors.ResourceError: 503,
}


def status_of(error: Exception) -> int:
    """Return the status that an error is answered with."""
    if isinstance(error, RequestValidationError):
        return 422
    if isinstance(error, HTTPException):
        return error.status_code
    kinds = (kind for kind in type(error).__mro__ if issubclass(kind, FreshlineError))
    return next((STATUS[kind] for kind in kinds if kind in STATUS), 500)
