"""What runs: `run: module:function`, or `command:`, the words of a program that is not Python's."""

import re
import shlex
from collections.abc import Collection, Iterator

from freshline.declare import source
from freshline.declare.interpolation import Values
from freshline.declare.references import filled
from freshline.declare.report import Placed, Report
from freshline.declare.section import described, did_you_mean, place_of, text, wrong
from freshline.declare.text import quoted

_FUNCTION = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_PLACEHOLDER = re.compile(r"\{(input|output|config)(?:\.([^{}]*))?\}")
_OF_A_SHELL = ("|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1", "*")
_EXAMPLE = 'write for instance `command: [Rscript, fit.R, "{output}"]`'


def read_function(report: Report, entry: source.Entry) -> str | None:
    """Read `module:function`."""
    name = text(report, entry)
    if name is None or _FUNCTION.fullmatch(name):
        return name
    path, _, function = name.partition(":")
    fix = "write for instance `run: lib.churn:score`"
    if path.endswith(".py") and function.isidentifier():
        module = path.removesuffix(".py").removeprefix("./").replace("/", ".")
        fix = f"write `{module}:{function}`: a module is named with dots"
    elif "." in name and ":" not in name and name.replace(".", "").isidentifier():
        module, _, function = name.rpartition(".")
        fix = f"write `{module}:{function}`, the function behind a colon"
    wrong(report, entry, "a module and a function, as `module:function`", fix)
    return None


def read_command(report: Report, entry: source.Entry, values: Values) -> tuple[str, ...] | None:
    """Read the words of a command: a list, or a text that is split where a shell would."""
    node = filled(report, entry.value, values)
    match node:
        case source.Sequence(items=items):
            found = [_word(report, item) for item in items]
            argv = tuple(each for each in found if each is not None)
            if len(argv) < len(items):
                return None
        case source.Scalar():
            parted = _split(report, source.Entry(entry.key, node))
            if parted is None:
                return None
            argv = parted
        case None:
            return None
        case source.Mapping():
            wrong(report, entry, "a list of words, or a text", _EXAMPLE)
            return None
    if not argv or not argv[0].strip():
        wrong(report, entry, "the name of a program, and what it is told", _EXAMPLE)
        return None
    return argv


def check_placeholders(
    report: Report,
    entry: source.Entry,
    argv: tuple[str, ...],
    inputs: Collection[str],
    outputs: Collection[str],
) -> None:
    """Report each `{input.x}` and `{output.x}` of a command that stands for nothing."""
    for place, found in _placeholders(entry, argv):
        kind, name = found[1], found[2]
        if kind == "config" or (kind == "output" and name is None and len(outputs) <= 1):
            continue
        known = inputs if kind == "input" else outputs
        if name is not None and name in known:
            continue
        message = f"`{found[0]}` stands for no {kind} of this command"
        near = did_you_mean(name or "", known)
        listed = ", ".join(f"{{{kind}.{each}}}" for each in known)
        fix = near or (f"write {listed}" if listed else f"declare it under `{kind}s:`")
        report.error("E105", place, message, fix)


def _placeholders(
    entry: source.Entry, argv: tuple[str, ...]
) -> Iterator[tuple[Placed, re.Match[str]]]:
    """Yield the placeholders of a command, each with the place of its word."""
    items = entry.value.items if isinstance(entry.value, source.Sequence) else ()
    places = items if len(items) == len(argv) else [place_of(entry)] * len(argv)
    for place, word in zip(places, argv, strict=True):
        for found in _PLACEHOLDER.finditer(word):
            yield place, found


def _word(report: Report, item: source.Node) -> str | None:
    if isinstance(item, source.Scalar):
        return item.text
    fix = _EXAMPLE
    if isinstance(item, source.Mapping) and len(item.entries) == 1:
        inside = report.text.text[item.start : item.end]
        fix = f"write {quoted(inside)}: without quotes YAML takes it for a mapping"
    message = f"a word of a command is text, not {described(item)}"
    report.error("E105", item, message, fix)
    return None


def _split(report: Report, entry: source.Entry) -> tuple[str, ...] | None:
    text = entry.value.text if isinstance(entry.value, source.Scalar) else ""
    try:
        argv = tuple(shlex.split(text))
    except ValueError:
        wrong(report, entry, "a command whose quotes are closed", "close them, or write a list")
        return None
    stray = next((word for word in argv if word in _OF_A_SHELL), None)
    if stray is not None:
        message = f"no shell runs this command, and `{stray}` would be a word like any other"
        fix = "write a list whose words are sh, -c, and all of this as one text"
        report.error("E105", place_of(entry), message, fix)
        return None
    return argv
