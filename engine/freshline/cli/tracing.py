"""How code failed, for a terminal: the author's own frames first, and where it broke underlined."""

from collections.abc import Iterator

import click

from freshline.calls import Frame
from freshline.traces import FURTHER, Part, trace_of


def trace_lines(text: str) -> list[str]:
    """Return a whole trace, its places in colour and what is not the author's dimmed."""
    lines: list[str] = []
    for number, part in enumerate(trace_of(text)):
        first, *rest = (f"caused by {part.error}" if number else part.error).split("\n")
        lines += [click.style(first, bold=not number), *(f"  {line}" for line in rest)]
        lines += [row for frame in part.own for row in _frame(frame)]
        if part.further:
            lines.append(click.style(FURTHER, dim=True))
            lines += [
                click.style(click.unstyle(row), dim=True)
                for frame in part.further
                for row in _frame(frame)
            ]
        lines += part.other.split("\n") if part.other else []
    return lines


def excerpt_lines(text: str, more: str) -> list[str]:
    """Return where the author's code broke, its line underlined; `more` says where the rest is.

    Where no frame is the author's that is all there is to say.
    """
    parts = trace_of(text)
    found = next(((part, part.own[-1]) for part in parts if part.own), None)
    if found is None:
        return [click.style(more, dim=True)] if parts else []
    part, frame = found
    lines = [_place(frame), *_underlined(frame)]
    if part is not parts[0]:
        lines.insert(0, f"caused by {part.error.split(chr(10))[0]}")
    return [*lines, *([click.style(more, dim=True)] if _has_more(parts) else [])]


def _has_more(parts: tuple[Part, ...]) -> bool:
    frames = sum(len(part.own) + len(part.further) for part in parts)
    return len(parts) > 1 or frames > 1 or any(part.other for part in parts)


def _underlined(frame: Frame) -> Iterator[str]:
    source = frame.text.strip()
    if source:
        number = str(frame.line)
        yield f" {number} | {source}"
        yield f" {' ' * len(number)} | {click.style('^' * len(source), fg='red')}"


def _frame(frame: Frame) -> Iterator[str]:
    yield f"  {_place(frame)}"
    if frame.text.strip():
        yield f"    {frame.text.strip()}"


def _place(frame: Frame) -> str:
    within = f" in {frame.function}" if frame.function else ""
    return f"{click.style(f'{frame.file}:{frame.line}', fg='cyan')}{within}"
