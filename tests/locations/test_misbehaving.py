"""User code that misbehaves harms itself alone, and its author reads a sentence that helps.

After each of these the same workers run a well-behaved function.
"""

import sys
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.locations.trying import Project, processes_with

from freshline.code import NO_LIMITS, Limits
from freshline.errors import CodeError, FreshlineError, TimedOutError, WorkerLostError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="what these do is Linux's")

GOOD = "return [{'a': 1}]"
SMALL = Limits(memory=400 << 20)


class Bad(NamedTuple):
    """A body of a function, how its call ends, and what its author reads."""

    body: str
    error: type[FreshlineError] | None
    message: str = ""
    limits: Limits = NO_LIMITS
    timeout: float | None = 300.0
    help: str = ""
    trace: str = ""
    line: str = ""


CASES = {
    "a segmentation fault": Bad(
        "import ctypes\nprint('just before')\nctypes.string_at(0)",
        WorkerLostError,
        "its process crashed (SIGSEGV) in assets/m.py:8, in it",
        trace="just before",
    ),
    "os.abort": Bad("os.abort()", WorkerLostError, "gave up (SIGABRT) in assets/m.py:6, in it"),
    "os._exit": Bad("os._exit(3)", WorkerLostError, "ended its process with exit code 3"),
    "os._exit with 0": Bad("os._exit(0)", WorkerLostError, "ended its process with exit code 0"),
    "sys.exit": Bad("sys.exit(4)", CodeError, "sys.exit(4)"),
    "an endless loop": Bad(
        "while True: pass", TimedOutError, "it was in assets/m.py:6, in it", timeout=1.0
    ),
    "a loop in C that holds the lock": Bad(
        "sum(range(10**15))", TimedOutError, "it was in assets/m.py:6, in it", timeout=1.0
    ),
    "deafness to cancels and to SIGTERM": Bad(
        """
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            try:
                while True: time.sleep(1)
            except BaseException: pass
        """,
        TimedOutError,
        "took longer than its timeout of 0.3 s",
        timeout=0.3,
    ),
    "more memory than it may have": Bad(
        "return [bytearray(1 << 20) for _ in range(4096)]",
        CodeError,
        "MemoryError",
        SMALL,
        help="it may take 400 MiB",
    ),
    "more open files than it may have": Bad(
        "return [open(os.devnull) for _ in range(4096)]",
        CodeError,
        "Too many open files",
        Limits(files=64),
        help="its limit of 64",
    ),
    "a larger file than it may write": Bad(
        """
        with open(os.environ['HOME_OF_TEST'] + '/large', 'wb') as file:
            for _ in range(64): file.write(bytes(1 << 20))
        """,
        CodeError,
        "File too large",
        Limits(file_size=1 << 20),
        help="1 MiB",
    ),
    "invalid UTF-8": Bad(
        "os.write(1, b'\\xff\\xfe caf\\xc3\\xa9\\n')\n" + GOOD, None, line="\ufffd\ufffd café"
    ),
    "a line without an end": Bad(
        "for _ in range(64): os.write(1, b'x' * (1 << 20))\n" + GOOD, None, line="the line goes on"
    ),
    "bytes written to every descriptor": Bad(
        """
        for number in range(3, 256):
            try: os.write(number, b'\\xff' * 64)
            except OSError: pass
        time.sleep(30)
        """,
        CodeError,
        "somebody else wrote into the descriptor of its worker",
    ),
    "all descriptors closed": Bad(
        "os.closerange(0, 1024)\n" + GOOD, WorkerLostError, "", help="closed descriptors"
    ),
    "its parent killed": Bad(
        "os.kill(os.getppid(), 9)\ntime.sleep(30)",
        WorkerLostError,
        "its process was killed, and the process that watches over it with it",
        help="os.getppid()",
    ),
    "itself killed after a print without flush": Bad(
        "print('last words')\nos.kill(os.getpid(), 9)",
        WorkerLostError,
        "was killed (SIGKILL), by the kernel for memory or by hand",
        trace="last words",
        line="last words",
    ),
    "an exception that cannot say itself": Bad(
        """
        class Mute(Exception):
            def __str__(self): raise RuntimeError('no')
        raise Mute()
        """,
        CodeError,
        "Mute",
    ),
    "an exception that cannot be pickled": Bad(
        """
        class Odd(Exception):
            def __init__(self, a, b):
                super().__init__(lambda: a)
                self.lock = __import__('threading').Lock()
        raise Odd(1, 2)
        """,
        CodeError,
        "Odd",
    ),
    "an exception of ten megabytes": Bad(
        "raise ValueError('y' * (10 << 20))", CodeError, "ValueError: yyy"
    ),
    "recursion to the limit": Bad(
        "def again(n): return again(n + 1)\nagain(0)",
        CodeError,
        "RecursionError",
        help="calls itself",
        trace="more ...",
    ),
    "its scratch folder removed": Bad(
        """
        import shutil
        shutil.rmtree(os.environ['HOME_OF_TEST'] + '/.freshline/scratch')
        """
        + GOOD,
        CodeError,
        "No such file or directory",
    ),
    "a result that is no table": Bad("return object()", CodeError, "object"),
    "a syntax error in what it imports": Bad("import lib.broken", CodeError, "SyntaxError"),
    "SIGINT to its own group": Bad(
        "import signal\nos.killpg(0, signal.SIGINT)\ntime.sleep(1)\n" + GOOD,
        CodeError,
        "KeyboardInterrupt",
    ),
}


@pytest.mark.parametrize("bad", CASES.values(), ids=CASES)
def test_harms_itself_alone(bad: Bad, project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME_OF_TEST", str(project.root))
    project.asset(bad.body)
    project.write("lib/broken.py", "def f(:\n")
    project.asset(GOOD, name="assets/good.py")
    # So that a short time is all the function's, and none of it a start's.
    assert project.call("assets/good.py:it", limits=bad.limits).error is None

    outcome = project.call(limits=bad.limits, timeout=bad.timeout)

    if bad.error is None:
        assert outcome.error is None, outcome.error
    else:
        assert outcome.error is not None and type(outcome.error) is bad.error, outcome.error
        assert bad.message in outcome.message
        assert bad.help in outcome.error.help
        assert bad.trace in outcome.trace
        assert len(outcome.message) < 3_000
        assert len(outcome.trace.encode()) <= 16 << 10
    assert any(bad.line in text for text in ["", *outcome.texts])
    assert project.call("assets/good.py:it").error is None


SURVIVORS = {
    "a child": "import subprocess\nsubprocess.Popen(['sleep', 'MARK'])\n",
    "a child in a session of its own": (
        "import subprocess\nsubprocess.Popen(['sleep', 'MARK'], start_new_session=True)\n"
    ),
    "a daemon, forked twice": """
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve('/bin/sleep', ['sleep', 'MARK'], {})
    os._exit(0)
os.wait()
""",
    "a child that ignores every signal": """
import subprocess
subprocess.Popen(['/bin/sh', '-c', 'trap "" TERM HUP INT; sleep MARK; sleep MARK'])
""",
}
ENDS = {
    "returns": ("return [{'a': 1}]", None),
    "raises": ("raise ValueError('no')", CodeError),
    "dies": ("os.kill(os.getpid(), 9)", WorkerLostError),
    "takes too long": ("time.sleep(600)", TimedOutError),
    "kills its parent": ("os.kill(os.getppid(), 9); time.sleep(60)", WorkerLostError),
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
@pytest.mark.parametrize("start", SURVIVORS.values(), ids=SURVIVORS)
def test_nothing_that_it_started_outlives_its_call(
    start: str, end: tuple[str, type[FreshlineError] | None], project: Project, tmp_path: Path
) -> None:
    # A number of seconds that no other process of this machine sleeps.
    mark = f"1000.{abs(hash(str(tmp_path))) % 10**9:09}"
    body, error = end
    project.asset(start.replace("MARK", mark) + body)

    outcome = project.call(timeout=1.0 if error is TimedOutError else 300.0)

    assert processes_with(mark) == []
    assert (error is None) == (outcome.error is None)
    assert error is None or isinstance(outcome.error, error)


def test_a_bomb_of_forks_is_put_out(project: Project) -> None:
    # Bounded, should it ever get away: it stops at a depth, and each process ends by itself.
    project.asset(
        """
        end = time.time() + 60
        for _ in range(9):
            if os.fork() == 0:
                os.setsid()
        os.environ['x'] = 'y'
        while time.time() < end: time.sleep(0.01)
        os._exit(0)
        """
    )

    outcome = project.call(timeout=1.0)

    assert isinstance(outcome.error, TimedOutError)
    assert processes_with(str(project.root)) == []


def test_a_gigabyte_of_lines_is_cut_down_and_its_end_is_kept(project: Project) -> None:
    project.asset(
        """
        block = b'some line of output, as programs write it\\n' * 24_000
        for _ in range(1024): os.write(1, block)
        print('the very last line')
        return [{'a': 1}]
        """
    )

    outcome = project.call()

    assert outcome.error is None
    assert outcome.texts[-1] == "the very last line"
    assert len(outcome.lines) < 11_000 * (outcome.seconds + 2)
    assert any("lines dropped" in text for text in outcome.texts)


def test_what_it_changes_in_its_process_is_put_back(project: Project) -> None:
    project.asset(
        """
        import signal
        print(os.getcwd() == start, 'STAIN' in os.environ, '/nowhere' in sys.path)
        print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL)
        os.chdir('/'); os.environ['STAIN'] = '1'; sys.path.insert(0, '/nowhere')
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return [{'a': 1}]
        """,
        head="start = os.getcwd()",
    )

    first, second = project.call(), project.call()

    assert first.texts == second.texts == ["True False False", "True"]


def test_a_thread_that_never_ends_costs_its_worker(project: Project) -> None:
    project.asset(
        """
        import threading
        threading.Thread(target=time.sleep, args=(600,)).start()
        return [{'a': os.getpid()}]
        """
    )
    project.asset("print(os.getpid())\nreturn [{'a': 1}]", name="assets/good.py")

    before, outcome, after = (
        project.call("assets/good.py:it"),
        project.call(),
        project.call("assets/good.py:it"),
    )

    assert outcome.error is None
    assert before.texts != after.texts


def test_what_is_printed_after_the_return_is_kept_or_dropped_but_not_mixed_up(
    project: Project,
) -> None:
    project.asset(
        """
        import threading
        threading.Timer(0.05, lambda: print('too late', flush=True)).start()
        return [{'a': 1}]
        """
    )
    project.asset("print('mine')\nreturn [{'a': 1}]", name="assets/good.py")

    project.call()

    assert project.call("assets/good.py:it").texts == ["mine"]
