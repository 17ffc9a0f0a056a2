"""The real worker program at the other end of a socket pair, as the supervisor starts it."""

import json
import shutil
import socket
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from freshline import codec, worker
from freshline.calls import Line, Made, Raised, Returned, ToldFile
from freshline.worker import frames

MAIN = Path(worker.__file__).with_name("__main__.py")
Message = dict[str, Any]


class Program:
    """One worker process; messages are plain dictionaries, as they go over the line."""

    def __init__(
        self, root: Path, interpreter: str = sys.executable, settings: Mapping[str, object] = {}
    ) -> None:
        self.root = root
        self.calls = 0
        ours, theirs = socket.socketpair()
        ours.settimeout(60)
        said = [json.dumps(settings)] if settings else []
        self._output = root.parent / f"{root.name}-output"
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [interpreter, str(MAIN), str(theirs.fileno()), *said],
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=root,
                start_new_session=True,
            )
        theirs.close()
        self.socket = ours
        self._splitter = frames.Splitter()
        self._came: list[Message] = []
        self.ready = self.receive()
        assert self.ready["kind"] == "ready"

    def send(self, kind: str, **fields: object) -> None:
        self.socket.sendall(frames.encode({"kind": kind, **fields}))

    def receive(self) -> Message:
        """Return the next message; EOFError with what it wrote where the process has ended."""
        while not self._came:
            data = self.socket.recv(1 << 16)
            if not data:
                raise EOFError(self.output())
            self._came += [frames.decode(body) for body in self._splitter.feed(data)]
        return self._came.pop(0)

    def output(self) -> str:
        """Return what the process wrote to standard output and standard error."""
        return self._output.read_text(errors="replace")

    def load(self, *files: str, functions: Sequence[str] = ()) -> list[ToldFile]:
        """Return what each file and then each function is told to be."""
        path = [str(self.root)]
        self.send("load", root=str(self.root), path=path, files=files, functions=list(functions))
        told: list[ToldFile] = []
        while (message := self.receive())["kind"] != "loaded":
            told.append(codec.decode(json.dumps(message["file"]), ToldFile))
        return told

    def start(self, function: str, **fields: object) -> str:
        """Send a call with an empty scratch folder, and return its id."""
        self.calls += 1
        scratch = self.root.parent / f"scratch-{self.calls}"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir()
        call: Message = {
            "id": f"call-{self.calls}",
            "root": str(self.root),
            "path": [str(self.root)],
            "scratch": str(scratch),
            "function": function,
            "wanted": [["", "marts.made"]],
            **fields,
        }
        self.send("call", **call)
        return str(call["id"])

    def end(self, call: str) -> "Ended":
        """Return how a call ended, from its first line to the state it left."""
        lines: list[Line] = []
        while (message := self.receive())["kind"] == "line":
            lines.append(codec.decode(json.dumps(message["line"]), Line))
        state = self.receive()
        assert message["call"] == state["call"] == call
        assert state["kind"] == "state"
        returned = raised = None
        if message["kind"] == "returned":
            returned = codec.decode(json.dumps(message["returned"]), Returned)
        else:
            raised = codec.decode(json.dumps(message["raised"]), Raised)
        return Ended(returned, raised, message.get("cancelled", False), tuple(lines), state)

    def call(self, function: str, **fields: object) -> Returned:
        """Return what a call returned; AssertionError with its error where it failed."""
        ended = self.end(self.start(function, **fields))
        assert ended.returned is not None, ended.raised
        return ended.returned

    def rows(self, function: str, **fields: object) -> list[Message]:
        """Return the rows that a function made of its inputs."""
        return rows_of(self.call(function, **fields).made[0])

    def fail(self, function: str, **fields: object) -> Raised:
        """Return the error of a call that is to fail."""
        ended = self.end(self.start(function, **fields))
        assert ended.raised is not None, ended.returned
        return ended.raised

    def close(self) -> int:
        """Hang up, and return how the process ended."""
        self.socket.close()
        return self.process.wait(60)


@contextmanager
def running(root: Path, interpreter: str = sys.executable) -> Generator[Program]:
    """Run a worker for the time of a block."""
    program = Program(root, interpreter)
    try:
        yield program
    finally:
        program.close()


class Ended(NamedTuple):
    """How a call ended, the lines it told on its way, and the state that it left."""

    returned: Returned | None
    raised: Raised | None
    cancelled: bool
    lines: tuple[Line, ...]
    state: Message


def rows_of(made: Made) -> list[Message]:
    """Return the rows of an output of JSON lines, as they stand in its files."""
    lines = [line for file in made.files for line in Path(file).read_text().splitlines()]
    return [json.loads(line) for line in lines]


def given_rows(
    folder: Path, name: str, rows: Sequence[Mapping[str, object]], columns: Mapping[str, str]
) -> Message:
    """Return a Given of rows, after they were written as JSON lines."""
    file = folder.parent / f"given-{name}.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return {
        "name": name,
        "key": f"stg.{name}",
        "form": "rows",
        "format": "jsonl",
        "files": [str(file)],
        "columns": [list(each) for each in columns.items()],
    }


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """Write the files of a project and return its root."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    root.mkdir(exist_ok=True)
    return root
