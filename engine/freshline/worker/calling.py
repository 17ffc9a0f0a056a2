"""Calling: brings a function's parameters, runs it, keeps what it returns, tells how it ended."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from typing import TYPE_CHECKING

from freshline.sdk.context import Context
from freshline.sdk.interrupting import Cancelled
from freshline.sdk.specs import spec_of
from freshline.worker.annotations import class_named, unwrapped
from freshline.worker.building import build
from freshline.worker.checking import check_input
from freshline.worker.hygiene import Before, children, rss
from freshline.worker.keeping import kept, metadata_of
from freshline.worker.loading import function_named
from freshline.worker.modules import loaded, module_of, open_project
from freshline.worker.parameters import signature_of
from freshline.worker.raised import fault, place, prefix_of, raised
from freshline.worker.reading import bring, source_of
from freshline.worker.subjects import Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, TypeVar

    from freshline.worker.parameters import Parameter
    from freshline.worker.serving import Line

    Told = dict[str, object]
    T = TypeVar("T")


_SUBJECTS: dict[str, Subject] = {}  # by name: a worker is retired when the project's files change


def run_call(line: Line, asked: Mapping[str, Any]) -> None:
    """Answer a call message: `returned` or `failed`, and then `state`."""
    call = str(asked["id"])
    root = str(asked["root"])
    subject, failure = _attempt(line, call, lambda: _subject(root, asked))
    if subject is None:
        _fail(line, call, failure or SystemExit(), root)
        line.send("state", call=call, **_state([]))
        return
    before = Before()
    ended, failure = _attempt(line, call, lambda: _run(line, call, subject, asked))
    if not line.is_ours:
        _leave_fork(failure)
    left = before.restore()
    line.hush()
    if failure is None:
        _answer(line, call, ended or {})
    else:
        _fail(line, call, failure, root, subject)
    del failure, ended  # before memory is looked at: a trace holds all that its frames held
    line.send("state", call=call, **_state([each.name for each in left]))


def _attempt(line: Line, call: str, work: Callable[[], T]) -> tuple[T | None, BaseException | None]:
    """Return what some work of a call returned, or what it raised; a cancel counts until then."""
    try:
        try:
            line.begin(call)
            return work(), None
        finally:
            line.end()
    except BaseException as error:  # also a cancel that came when all was done
        return None, error


def _subject(root: str, asked: Mapping[str, Any]) -> Subject:
    """Return the function of a call, imported if it is the first of its file."""
    name = str(asked["function"])
    open_project(root, [str(each) for each in asked.get("path") or ()])
    known = _SUBJECTS.get(name)
    if known is not None:
        return known
    module = module_of(root, name.rpartition(":")[0])
    function = function_named(module, name)
    subject = Subject(name, name, function, signature_of(function), spec_of(function))
    _SUBJECTS[name] = subject
    return subject


def _leave_fork(failure: BaseException | None) -> None:
    """End a forked child that came back out of user code: it is no worker."""
    code = getattr(failure, "code", 1) if isinstance(failure, SystemExit) else bool(failure)
    os._exit(code if isinstance(code, int) else 1)


def _answer(line: Line, call: str, ended: Told) -> None:
    try:
        line.send("returned", call=call, returned=ended)
    except (TypeError, ValueError) as error:
        message = f"what it returned cannot be told: {error}: keep less metadata"
        line.send("failed", call=call, raised=fault("ValueError", message))


def _fail(
    line: Line, call: str, error: BaseException, root: str, subject: Subject | None = None
) -> None:
    told = raised(error, root)
    if subject is not None and not told["frames"]:
        told["frames"] = [_place(subject, root)]  # our own complaint, about that function
    if isinstance(error, SystemExit):
        told["message"] = f"it called sys.exit({error.code!r}): return, or raise an error"
    cancelled = isinstance(error, Cancelled) or line.was_cancelled(call)
    line.send("failed", call=call, raised=told, cancelled=cancelled)


def _place(subject: Subject, root: str) -> list[object]:
    """Return a frame that points to a function itself."""
    code = getattr(unwrapped(subject.function), "__code__", None)
    file, is_user = place(code.co_filename if code else subject.name, prefix_of(root))
    from freshline.worker.telling import line_of

    return [file, line_of(subject.function), subject.name.rpartition(":")[2], "", is_user]


def _state(threads: list[str]) -> Told:
    return {
        "threads": len(threads),
        "names": threads,
        "children": children(),
        "rss": rss(),
        "files": loaded(),
    }


# ---- one call


def _run(line: Line, call: str, subject: Subject, asked: Mapping[str, Any]) -> Told:
    """Return the Returned of a call, whose lines go up as they come."""

    def tell(level: str, text: str, source: str, done: float | None) -> None:
        line.send("line", call=call, line=[time.time(), level, text[:_LONGEST], source, done])

    return perform(subject, asked, tell, {})


def perform(
    subject: Subject, asked: Mapping[str, Any], tell: Any, ready: Mapping[str, object]
) -> Told:
    """Return the Returned of calling a function; `ready` are resources that are made already."""
    wanted = [
        (str(each[0]), str(each[1]), len(each) > 2 and bool(each[2]))
        for each in asked.get("wanted") or ()
    ]
    if asked.get("role"):
        subject = subject._replace(asked=str(asked["role"]))
    if subject.kind == "asset" and len(wanted) == 1:
        subject = subject._replace(what=wanted[0][1] or subject.what)
    with ExitStack() as open_resources:
        resources = _resources(subject, asked.get("resources") or {}, open_resources)
        resources.update(ready)
        context = Context(
            about=asked.get("about") or {},
            resources=resources,
            outputs=tuple(name for name, _, _ in wanted) or ("",),
            tell=tell,
            scratch=str(asked["scratch"]),
        )
        arguments = _arguments(subject, asked, context, resources)
        value = subject.function(**arguments)
        del arguments
        value = _settled(value)
        told = kept(subject, value, wanted, context)
    if "" not in context.outputs:
        told["metadata"] = metadata_of(context, "")
    return told


_LONGEST = 64 << 10  # characters of one line in the log


def _arguments(
    subject: Subject, asked: Mapping[str, Any], context: Context, resources: Mapping[str, object]
) -> dict[str, object]:
    """Return the value of each parameter; TypeError where one has none."""
    given = {str(each["name"]): each for each in asked.get("given") or ()}
    values: dict[str, object] = {}
    for parameter in subject.signature.parameters:
        name, role = parameter.name, parameter.wish.role
        if role == "context":
            values[name] = context
        elif role == "config":
            context.config = values[name] = _config(subject, parameter, asked.get("config") or {})
        elif name in resources:
            values[name] = resources[name]
        elif name in given:
            value = _input(subject, parameter, given.pop(name))
            if value is not _ABSENT:
                values[name] = value
        elif not parameter.has_default:
            kind = "resource" if role == "resource" else "input"
            raise TypeError(f"{subject.what}: parameter {name!r} got no {kind}")
    if context.config is None:
        context.config = dict(asked.get("config") or {})
    if subject.signature.takes_more:
        from freshline.worker.annotations import UNSAID
        from freshline.worker.parameters import Parameter as Extra

        for name, each in given.items():
            values[name] = _input(subject, Extra(name, UNSAID, False), each)
    return values


_ABSENT = object()


def _input(subject: Subject, parameter: Parameter, given: Mapping[str, Any]) -> object:
    if given.get("missing"):
        return _ABSENT if parameter.has_default else None
    source = source_of(given)
    value = bring(source, parameter.wish)
    return check_input(subject.what, source, parameter.wish, value)


def _config(subject: Subject, parameter: Parameter, values: Mapping[str, object]) -> object:
    return build(parameter.wish.type, values, f"config of {subject.what}")


def _resources(
    subject: Subject, given: Mapping[str, Mapping[str, Any]], stack: ExitStack
) -> dict[str, object]:
    """Return the resources by parameter, each made and, where it can be, entered."""
    made: dict[str, object] = {}
    annotated = {each.name: each.wish for each in subject.signature.parameters}
    for name, each in given.items():
        kind = class_named(str(each["type"]))
        value: Any = build(kind, each.get("settings") or {}, f"resource {name!r}")
        wish = annotated.get(name)
        wanted = wish.type if wish is not None else None
        if isinstance(wanted, type) and not isinstance(value, wanted):
            raise TypeError(
                f"{subject.what}: parameter {name!r} wants {wanted.__name__}, "
                f"and its resource is {type(value).__name__}"
            )
        if hasattr(value, "__enter__") and hasattr(value, "__exit__"):
            value = stack.enter_context(value)
        made[name] = value
    return made


def _settled(value: Any) -> object:
    """Return what a coroutine or an asynchronous generator comes to."""
    if hasattr(value, "__await__"):
        import asyncio

        async def wait() -> object:
            return await value

        return asyncio.run(wait())
    if hasattr(value, "__anext__"):
        return _in_turn(value)
    return value


def _in_turn(values: Any) -> Any:
    """Yield what an asynchronous generator yields, in a loop of its own."""
    import asyncio

    loop = asyncio.new_event_loop()
    try:
        while True:
            try:
                yield loop.run_until_complete(values.__anext__())
            except StopAsyncIteration:
                return
    finally:
        loop.run_until_complete(values.aclose())
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()
