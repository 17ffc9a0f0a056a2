"""What ended a process, in a sentence for whoever has to mend it; pure functions of facts."""

import os
import re
import signal
from collections.abc import Sequence
from typing import NamedTuple

from freshline.calls import Frame, Raised
from freshline.code import Limits
from freshline.locations.process import KEEPER_KILLED, Ended
from freshline.locations.traces import relative

_FAULT_FRAME = re.compile(r'\s*File "([^"]+)", line (\d+) in (.+)')
_CRASHES = {signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGTRAP}


class Ending(NamedTuple):
    """What happened and what to do about it."""

    message: str
    help: str = ""


def ending(ended: Ended, limits: Limits, *, where: str = "", out_of_memory: bool = False) -> Ending:
    """Say how a process ended that was to return something; `where` is the code it was in."""
    where = f" in {where}" if where else ""
    if ended == KEEPER_KILLED:
        return Ending(
            "its process was killed, and the process that watches over it with it",
            "its code may kill its parent process (os.getppid()); if somebody killed both by hand,"
            " run it again",
        )
    if os.WIFEXITED(ended.status):
        return _exited(os.WEXITSTATUS(ended.status), where)
    number = os.WTERMSIG(ended.status)
    name = _signal_name(number)
    if number == signal.SIGKILL:
        return _killed(ended, limits, out_of_memory)
    if number == signal.SIGXFSZ:
        return Ending(
            f"its process was ended{where}: it wrote a file of more than {_file_size(limits)}",
            "write less into one file, or raise the limit",
        )
    if number in _CRASHES:
        return Ending(
            f"its process crashed ({name}){where}",
            "native code did this: a library written in C, or its version; the trace says where",
        )
    if number == signal.SIGABRT:
        return Ending(
            f"its process gave up ({name}){where}",
            "native code found a state that it cannot go on with; its last lines say which",
        )
    return Ending(f"its process was ended by {name}{where}", "somebody sent it this signal")


def advice(raised: Raised, limits: Limits, interpreter: str) -> str:
    """Return what to do about an exception, where it says something that its author cannot see."""
    name = raised.type.removeprefix("builtins.")
    message = raised.message
    if name == "MemoryError":
        if limits.memory is None:
            return "the machine has no more memory for it; read fewer columns, or work in batches"
        return (
            f"it may take {size(limits.memory)}; read fewer columns, work in batches, or raise"
            " `memory:`"
        )
    if name in ("ModuleNotFoundError", "ImportError"):
        return f"code runs with {interpreter}; add what is missing to the location's requirements"
    if name == "RecursionError":
        return "a function calls itself without an end, or deeper than Python goes"
    if "[Errno 28]" in message or "No space left on device" in message:
        return "the disk is full: `freshline gc` frees what no version needs any more"
    if "[Errno 24]" in message:
        most = "the machine allows" if limits.files is None else f"its limit of {limits.files}"
        return f"it holds more files open than {most}; close them (`with open(...)`)"
    if "[Errno 27]" in message:
        return f"it may write files of {_file_size(limits)} at most"
    if "can't start new thread" in message or "[Errno 11]" in message:
        return "it started more processes or threads than there may be"
    return ""


def fault_frames(lines: Sequence[str], root: str) -> tuple[Frame, ...]:
    """Return the frames of the thread that crashed, from what faulthandler wrote, innermost last.

    Its output begins with the reason, then come the threads, "Current thread" being the one.
    """
    frames: list[Frame] = []
    is_current = False
    for line in lines:
        if line.startswith(("Current thread", "Thread ")):
            if frames:
                break
            is_current = line.startswith("Current thread")
        elif is_current and (found := _FAULT_FRAME.fullmatch(line)):
            file = found[1]
            is_user = relative(file, root) != file and "site-packages" not in file
            frames.append(Frame(file, int(found[2]), found[3], "", is_user))
    return tuple(reversed([frame for frame in frames if not _is_ours(frame.file)]))


def innermost(frames: Sequence[Frame], root: str) -> str:
    """Return the place of the author's innermost frame as text, of any frame where none is."""
    for frame in (*(f for f in reversed(frames) if f.is_user), *reversed(frames)):
        return f"{relative(frame.file, root)}:{frame.line}, in {frame.function}"
    return ""


def size(count: int) -> str:
    """Return bytes as people write them."""
    amount = float(count)
    for unit in ("bytes", "KiB", "MiB", "GiB"):
        if amount < 1024 or unit == "GiB":
            break
        amount /= 1024
    return (
        f"{amount:.0f} {unit}" if amount >= 10 or amount == int(amount) else f"{amount:.1f} {unit}"
    )


def _exited(code: int, where: str) -> Ending:
    return Ending(
        f"its code ended its process with exit code {code}{where}",
        "something in it calls os._exit(), or closed descriptors that are not its own: return, or"
        " raise an exception",
    )


def _killed(ended: Ended, limits: Limits, out_of_memory: bool) -> Ending:
    peak = f"; it had {size(ended.peak)} in memory at most" if ended.peak else ""
    raise_it = "" if limits.memory is None else f" (its limit is {size(limits.memory)})"
    if out_of_memory:
        return Ending(
            f"its process was killed by the kernel, for the machine's memory ran out{peak}",
            f"let it take less memory{raise_it}: fewer columns, batches; or run fewer at once",
        )
    return Ending(
        f"its process was killed (SIGKILL), by the kernel for memory or by hand{peak}",
        "if nobody did it, the machine's or the container's memory ran out: let it take less",
    )


def _file_size(limits: Limits) -> str:
    return "the machine allows" if limits.file_size is None else size(limits.file_size)


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _is_ours(file: str) -> bool:
    return "/freshline/worker/" in file or file.startswith("<frozen")
