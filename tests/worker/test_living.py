"""The worker's process: cancels, what calls leave behind, limits, and its end with its parent."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.worker.program import MAIN, Program, running, write_files

FILE = "assets/code.py"
SOURCE = """
import logging
import os
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from freshline import Cancelled, Context, asset

def begun(context): context.log.info("begun")

@asset
def sleeps(context: Context):
    begun(context)
    time.sleep(600)

@asset
def loops(context: Context):
    begun(context)
    while True: pass

@asset
def waits(context: Context):
    begun(context)
    threading.Lock().acquire() and threading.Event().wait()

@asset
async def sleeps_asynchronously(context: Context):
    import asyncio
    begun(context)
    await asyncio.sleep(600)

@asset
def cleans_up(context: Context):
    try:
        begun(context)
        time.sleep(600)
    except Exception:
        print("swallowed")
    finally:
        print("cleaned up")

@asset
def takes_the_signal(context: Context):
    signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    return []

@asset
def quick(): return [{"ok": True}]

@asset
def untidy():
    os.chdir("/")
    os.environ["LEFT"] = "1"
    os.environ.pop("HOME", None)
    sys.path.insert(0, "/left")
    sys.argv.append("left")
    sys.setrecursionlimit(5000)
    sys.stdout = None
    warnings.simplefilter("error")
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, lambda *_: None)
    logging.getLogger().addHandler(logging.StreamHandler())
    logging.getLogger().setLevel(logging.DEBUG)
    os.umask(0o077)
    return []

@asset
def state():
    return [{
        "cwd": os.getcwd(), "left": os.environ.get("LEFT"), "home": "HOME" in os.environ,
        "path": "/left" in sys.path, "argv": sys.argv, "limit": sys.getrecursionlimit() == 5000,
        "filters": len(warnings.filters), "term": str(signal.getsignal(signal.SIGTERM)),
        "int": signal.getsignal(signal.SIGINT) is signal.default_int_handler,
        "handlers": len(logging.getLogger().handlers), "level": logging.getLogger().level,
        "mask": os.umask(0o022), "stdout": sys.stdout is not None,
    }]

@asset
def leaves_a_thread():
    threading.Thread(target=time.sleep, args=(600,), name="left", daemon=True).start()
    return []

@asset
def leaves_a_child():
    subprocess.Popen(["sleep", "600"])
    return []

@asset
def waits_for_its_child():
    subprocess.run(["true"])
    return []

@asset
def forks(context: Context):
    child = os.fork()
    if child == 0:
        context.log.info("from a fork")
        return [{"x": "child"}]
    _, status = os.waitpid(child, 0)
    return [{"status": status}]

@asset
def closes_everything():
    os.closerange(3, 50)
    os.write(3, b"x") if False else None
    return [{"ok": True}]

@asset
def takes_memory():
    return [{"x": len(bytearray(4 << 30))}]

@asset
def opens_files():
    held = []
    while True:
        held.append(open("/dev/null"))

@asset
def writes_much():
    with open("much", "wb") as file:
        file.write(bytes(2 << 20))
    return []

@asset
def crashes():
    os.abort()

@asset
def says_where_output_goes():
    import ctypes
    os.write(2, b"raw\\n")
    print("printed")
    print("to stderr", file=sys.stderr)
    sys.stdout.write("\\udcff\\n")
    return []
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_files(tmp_path / "project", {FILE: SOURCE})


@pytest.fixture
def program(folder: Path, bare: str) -> Iterator[Program]:
    with running(folder, bare) as program:
        yield program


def begun(program: Program, name: str) -> str:
    """Return the id of a call whose function has said that it began."""
    call = program.start(f"{FILE}:{name}")
    assert program.receive()["line"][2] == "begun"
    return call


@pytest.mark.parametrize("name", ["sleeps", "loops", "waits", "sleeps_asynchronously", "cleans_up"])
def test_a_cancel_ends_a_call_wherever_it_is(program: Program, name: str) -> None:
    call = begun(program, name)
    program.send("cancel", call=call)
    ended = program.end(call)
    assert ended.raised is not None
    assert (ended.raised.type.rpartition(".")[2], ended.cancelled) == ("Cancelled", True)
    assert program.output() == ("cleaned up\n" if name == "cleans_up" else "")
    assert program.rows(f"{FILE}:quick") == [{"ok": True}]


def test_a_cancel_that_comes_before_its_call_counts(program: Program) -> None:
    program.send("cancel", call="call-1")
    ended = program.end(program.start(f"{FILE}:quick"))
    assert ended.raised is not None
    assert ended.cancelled


def test_a_cancel_of_another_call_does_nothing(program: Program) -> None:
    call = begun(program, "sleeps")
    program.send("cancel", call="call-7")
    program.send("cancel", call=call)
    assert program.end(call).cancelled
    program.send("cancel", call=call)
    assert program.rows(f"{FILE}:quick") == [{"ok": True}]


def test_a_call_may_take_the_signal_that_cancels_use(program: Program) -> None:
    program.call(f"{FILE}:takes_the_signal")
    call = begun(program, "sleeps")
    program.send("cancel", call=call)
    assert program.end(call).cancelled


def test_a_call_leaves_the_process_as_it_found_it(program: Program) -> None:
    before = program.rows(f"{FILE}:state")
    program.call(f"{FILE}:untidy")
    assert program.rows(f"{FILE}:state") == before
    assert before[0]["cwd"] == str(program.root)


@pytest.mark.parametrize(
    ("name", "threads", "children"),
    [
        ("quick", [], 0),
        ("leaves_a_thread", ["left"], 0),
        ("leaves_a_child", [], 1),
        ("waits_for_its_child", [], 0),
    ],
)
def test_what_a_call_leaves_running_is_told(
    program: Program, name: str, threads: list[str], children: int
) -> None:
    state = program.end(program.start(f"{FILE}:{name}")).state
    assert (state["threads"], state["names"]) == (len(threads), threads)
    assert state["children"] == children
    assert state["rss"] > 1 << 20


def test_a_fork_of_a_call_is_no_second_worker(program: Program) -> None:
    ended = program.end(program.start(f"{FILE}:forks"))
    assert ended.returned is not None
    assert ended.lines == ()
    assert program.rows(f"{FILE}:quick") == [{"ok": True}]


def test_the_line_is_not_where_programs_close_or_write_by_mistake(program: Program) -> None:
    assert program.rows(f"{FILE}:closes_everything") == [{"ok": True}]
    assert program.rows(f"{FILE}:quick") == [{"ok": True}]


def test_all_output_goes_to_the_pipes_line_by_line(program: Program) -> None:
    program.call(f"{FILE}:says_where_output_goes")
    assert program.output() == "raw\nprinted\nto stderr\n\\udcff\n"


def test_a_crash_tells_where_it_was(program: Program) -> None:
    program.start(f"{FILE}:crashes")
    with pytest.raises(EOFError) as caught:
        program.receive()
    assert program.process.wait(60) == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in str(caught.value)
    assert "in crashes" in program.output()


LIMITS = {
    "memory": ("memory", 1 << 30, "takes_memory", "MemoryError"),
    "files": ("files", 200, "opens_files", "OSError"),
    "the size of a file": ("file_size", 1 << 20, "writes_much", "OSError"),
}


@pytest.mark.parametrize(("limit", "value", "name", "error"), LIMITS.values(), ids=LIMITS)
def test_a_limit_raises_in_the_function(
    folder: Path, bare: str, limit: str, value: int, name: str, error: str
) -> None:
    program = Program(folder, bare, {limit: value})
    try:
        assert program.fail(f"{FILE}:{name}").type == error
        assert program.rows(f"{FILE}:quick") == [{"ok": True}]
    finally:
        program.close()


def test_an_idle_worker_ends_when_the_supervisor_hangs_up(program: Program) -> None:
    assert program.close() == 0


def test_a_busy_worker_and_its_children_end_when_the_supervisor_hangs_up(program: Program) -> None:
    program.call(f"{FILE}:leaves_a_child")
    begun(program, "loops")
    group = os.getpgid(program.process.pid)
    assert program.close() == -signal.SIGKILL
    assert _is_gone(group)


def _is_gone(group: int) -> bool:
    """Wait until nothing of a process group runs: orphans are reaped by whoever adopted them."""
    for _ in range(10_000):
        listing = subprocess.run(
            ["ps", "-o", "stat=", "-g", str(group)], capture_output=True, text=True, check=False
        )
        if all(state.startswith("Z") for state in listing.stdout.split()):
            return True
    return False


# Starts a worker that is to die with it, says its process, and goes without a word.
PARENT = """
import os, socket, subprocess, sys
main, interpreter, root = sys.argv[1:]
ours, theirs = socket.socketpair()
settings = '{"parent": %d}' % os.getpid()
worker = subprocess.Popen(
    [interpreter, main, str(theirs.fileno()), settings],
    pass_fds=[theirs.fileno(), ours.fileno()], cwd=root, start_new_session=True,
)
assert ours.recv(1)
print(worker.pid, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal is Linux's")
def test_a_worker_dies_with_its_parent_even_where_its_line_stays_open(
    folder: Path, bare: str
) -> None:
    """It has the other end of its own line, so only the kernel can tell it."""
    command = [sys.executable, "-c", PARENT, str(MAIN), bare, str(folder)]
    parent = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        assert parent.stdout.read() == ""  # its end: the worker held it open, too
    assert parent.wait(60) == -signal.SIGKILL
    with contextlib.suppress(ProcessLookupError):
        assert _is_gone(pid)


def test_a_worker_whose_parent_is_gone_does_not_begin(bare: str) -> None:
    settings = '{"parent": 1}'
    done = subprocess.run([bare, str(MAIN), "2", settings], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (1, b"")


POOL = """
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from freshline import asset, Context

def double(number): return 2 * number

@asset
def spawned():
    with ProcessPoolExecutor(1, mp_context=get_context("{method}")) as pool:
        return [{{"x": number}} for number in pool.map(double, [1, 2])]
"""


@pytest.mark.parametrize("method", ["spawn", "fork"])
def test_user_code_may_start_processes_of_python(program: Program, method: str) -> None:
    write_files(program.root, {"assets/pool.py": POOL.format(method=method)})
    assert program.rows("assets/pool.py:spawned") == [{"x": 2}, {"x": 4}]


TALKS = """
from freshline import asset, Context

@asset
def talks(context: Context):
    while True:
        context.add_metadata(n=1)
        context.log.info("x" * 60_000)
"""


def test_a_cancel_leaves_no_half_of_a_line(program: Program) -> None:
    """It comes while the function writes lines that are larger than what the line takes at once."""
    write_files(program.root, {"assets/talks.py": TALKS})
    for _ in range(5):
        call = program.start("assets/talks.py:talks")
        assert len(program.receive()["line"][2]) == 60_000
        program.send("cancel", call=call)
        assert program.end(call).cancelled
    assert program.rows(f"{FILE}:quick") == [{"ok": True}]


LINGERS = """
import threading
from freshline import asset, Context

go, gone = threading.Event(), threading.Event()

@asset
def lingers(context: Context):
    def late():
        go.wait()
        context.log.info("too late")
        gone.set()
    threading.Thread(target=late, daemon=True).start()
    return []

@asset
def releases(context: Context):
    go.set()
    gone.wait()
    context.log.info("in time")
    return []
"""


def test_a_thread_that_was_left_behind_tells_nothing(program: Program) -> None:
    write_files(program.root, {"assets/lingers.py": LINGERS})
    assert program.end(program.start("assets/lingers.py:lingers")).lines == ()
    ended = program.end(program.start("assets/lingers.py:releases"))
    assert [line.text for line in ended.lines] == ["in time"]
