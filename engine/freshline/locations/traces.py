"""An exception of user code, as text for its author: the author's own frames first."""

from collections.abc import Sequence
from pathlib import Path

from freshline.calls import Frame, Raised
from freshline.errors import Span
from freshline.locations.lines import clean

_FAULT = (
    "Fatal Python error:",
    "Current thread 0x",
    "Thread 0x",
    '  File "',
    "  <no Python frame>",
    "  ...",
    "Extension modules:",
)
_MOST_BYTES = 16 << 10
_MOST_MESSAGE = 2_000
_MOST_FRAMES = 40
_MOST_CAUSES = 10


def headline(raised: Raised) -> str:
    """Return the type of an exception and what it says, cut where it says too much."""
    type_name = raised.type.removeprefix("builtins.")
    message = clean(raised.message).strip()
    if len(message) > _MOST_MESSAGE:
        message = f"{message[:_MOST_MESSAGE]} [{len(message):,} characters in all]"
    return ": ".join(filter(None, [type_name, message]))


def trace(raised: Raised, root: str) -> str:
    """Return the stack trace of an exception and of its causes."""
    parts: list[str] = []
    cause: Raised | None = raised
    while cause is not None and len(parts) < _MOST_CAUSES:
        lead = "caused by " if parts else ""
        parts.append("\n".join([lead + headline(cause), *_frames(cause.frames, root)]))
        cause = cause.cause
    return shortened("\n".join(parts))


def last_lines(last: Sequence[str]) -> str:
    """Return the last lines of an output under a heading; the empty text where there are none.

    What Python itself says of a crash is left out: that is told in a better way.
    """
    own = list(last)
    while own and (not own[-1].strip() or own[-1].startswith(_FAULT)):
        own.pop()
    if not own:
        return ""
    return "\n".join(["the last lines it wrote:", *(f"  {line[:500]}" for line in own[-20:])])


def shortened(text: str) -> str:
    """Return a text of bearable length: its beginning, and a little of its end."""
    data = text.encode(errors="replace")
    if len(data) <= _MOST_BYTES:
        return text
    head, tail = data[: _MOST_BYTES - 4096], data[-3900:]
    marker = f"\n... {len(data) - len(head) - len(tail):,} bytes are left out ...\n"
    return head.decode(errors="ignore") + marker + tail.decode(errors="ignore")


def place(raised: Raised, root: str) -> Span | None:
    """Return where in the project an exception came from: the author's innermost frame."""
    cause: Raised | None = raised
    while cause is not None:
        for frame in reversed(cause.frames):
            file = relative(frame.file, root)
            if frame.is_user and not Path(file).is_absolute():
                return _span(file, frame.line, root)
        cause = cause.cause
    return None


def relative(file: str, root: str) -> str:
    """Return the path of a file as the project names it; as it is where it lies elsewhere."""
    for top in (root, str(Path(root).resolve())):
        if file.startswith(top.rstrip("/") + "/"):
            return file[len(top.rstrip("/")) + 1 :]
    return file


def _span(file: str, line: int, root: str) -> Span:
    """Return the span of a whole line of code without its indentation."""
    try:
        text = Path(root, file).read_text(encoding="utf-8", errors="replace").splitlines()[line - 1]
    except (OSError, IndexError):
        return Span(file=file, line=max(1, line), column=1)
    code = text.strip()
    column = len(text) - len(text.lstrip()) + 1
    return Span(file=file, line=line, column=column, length=max(1, len(code)))


def _frames(frames: Sequence[Frame], root: str) -> list[str]:
    own = [frame for frame in frames if frame.is_user]
    others = [frame for frame in frames if not frame.is_user]
    lines = _listed(own, root)
    if others:
        lines += ["further down, in packages:" if own else "in packages:", *_listed(others, root)]
    return lines


def _listed(frames: Sequence[Frame], root: str) -> list[str]:
    """Return lines for frames; in the middle of very many, which recursion makes, a count."""
    lines: list[str] = []
    left_out = len(frames) - _MOST_FRAMES
    for number, frame in enumerate(frames):
        if left_out > 0 and _MOST_FRAMES // 2 <= number < _MOST_FRAMES // 2 + left_out:
            if number == _MOST_FRAMES // 2:
                lines.append(f"  ... {left_out} more ...")
            continue
        lines.append(f"  {relative(frame.file, root)}:{frame.line} in {frame.function}")
        if frame.text:
            lines.append(f"    {clean(frame.text.strip())[:200]}")
    return lines
