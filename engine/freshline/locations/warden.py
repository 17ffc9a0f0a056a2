"""The warden: a small process that starts the processes of user code, and sees all of them end.

It is run by path, `python -I -S warden.py FD`, with the interpreter that runs Freshline and with
the standard library alone; FD is a socket to the supervisor. Its rules:

1.  For each request it forks a *keeper*. It has one thread and few modules, so a fork is safe and
    takes a millisecond. The keeper starts the program, in a session of its own.
2.  A keeper is a subreaper: whatever the program starts stays below it, however it tries to get
    away (setsid, a double fork, another environment), for the kernel gives it the orphans.
3.  A keeper that has no child left, and only the kernel says so, ends. "empty" is no guess.
4.  The end of a program is the end of all that it started.
5.  A keeper whose supervisor is gone kills everything below it. No supervisor, no orphan.
6.  Killed itself, its program goes with it (PDEATHSIG), and the rest falls to the warden, which
    kills every child of its own that is no keeper.

Where there is no Linux, orphans are found by their process group, as far as that reaches.

A request is eight bytes, the length of what follows; with the first of them travel descriptors: the
keeper's end of its control socket, then those that become 0, 1, 2, ... of the program. What follows
is a marshalled tuple: arguments, environment, folder, limits as (memory, files, file size), and the
program's oom_score_adj. Or it is a number, the process id of a keeper that was killed: one byte
comes back when nothing is left of what it kept.

On a control socket a byte goes down (T terminate, K kill, L look) and lines come up: `keeper PID`,
`started PID` or `failed ERRNO`, `below N` as the answer to L, `ended STATUS KIBIBYTES` with the
status as wait() gives it and the most memory that was resident, and `empty`.
"""

import errno
import fcntl
import marshal
import os
import resource
import select
import sys
import time

TYPE_CHECKING = False  # as in typing, which takes as long to import as all the rest
if TYPE_CHECKING:
    import signal
    import socket
else:
    # What lies beneath the modules of these names: they would be half of what a start takes.
    import _signal as signal
    import _socket as socket

_IS_LINUX = sys.platform == "linux"
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_MOST_DESCRIPTORS = 16
_RIGHTS = (socket.SOL_SOCKET, socket.SCM_RIGHTS)
_PATIENCE = 0.01  # seconds until those that were killed are looked at again

Limits = tuple[int | None, int | None, int | None]
Request = tuple[list[str], dict[str, str], str, Limits, int | None]


def main() -> None:
    """Serve the supervisor at the descriptor that the command line names, until it is gone."""
    requests = socket.socket(fileno=int(sys.argv[1]))
    _become_subreaper()
    deaths = _deaths()
    keepers: set[int] = set()
    while True:
        ready = _ready(requests, deaths, _PATIENCE if _strays(keepers) else None)
        if deaths in ready:
            _drain(deaths)
        keepers -= set(_reaped())
        if requests in ready:
            received = _receive(requests)
            if received is None:
                break
            request, descriptors = received
            if isinstance(request, int):
                _clear_up(request, keepers)
                requests.sendall(b".")
            else:
                keepers.add(_new_keeper(request, descriptors, requests))
    _wait_for(keepers)


def _new_keeper(request: Request, descriptors: list[int], requests: socket.socket) -> int:
    keeper = os.fork()
    if keeper == 0:
        requests.close()
        _keep(request, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    return keeper


def _clear_up(keeper: int, keepers: set[int]) -> None:
    """Return when a keeper that was killed, and all that was below it, is gone."""
    while keeper in keepers or _strays(keepers):
        time.sleep(0.001)
        keepers -= set(_reaped())


def _strays(keepers: set[int]) -> bool:
    """Kill what came here since its keeper was killed; say whether there was any."""
    strays = [pid for pid in _children(os.getpid()) if pid not in keepers] if _IS_LINUX else []
    for pid in strays:
        _signal(pid, signal.SIGSTOP)
        _kill_all_below(pid)
        _signal(pid, signal.SIGKILL)
    return bool(strays)


def _wait_for(keepers: set[int]) -> None:
    """Stay until every keeper has ended, for what one of them leaves behind comes here."""
    while True:
        try:
            keepers.discard(os.waitpid(-1, 0)[0])
        except ChildProcessError:
            return
        _strays(keepers)


# ---- a keeper


def _keep(request: Request, descriptors: list[int]) -> None:
    """Be the keeper of one program, to the end of the process."""
    status = 1
    try:
        control = socket.socket(fileno=descriptors[0])
        # Before the program is there, which may kill us at once.
        _tell(control, f"keeper {os.getpid()}")
        _become_subreaper()
        deaths = _deaths()
        program = _started(request, descriptors[1:], control)
        for descriptor in descriptors[1:]:
            os.close(descriptor)
        if program:
            _watch(program, control, deaths)
        status = 0
    finally:
        os._exit(status)


def _watch(program: int, control: socket.socket, deaths: int) -> None:
    is_ending = False
    _tell(control, f"started {program}")
    while True:
        ready = _ready(control, deaths, _PATIENCE if is_ending else None)
        if deaths in ready:
            _drain(deaths)
        for pid, (status, kibibytes) in _reaped().items():
            if pid == program:
                _tell(control, f"ended {status} {kibibytes}")
                is_ending = True
        if control in ready:
            orders = control.recv(64)
            if b"L" in orders:
                _tell(control, f"below {len(_below(os.getpid())) - 1}")
            if b"T" in orders and not is_ending:
                _signal_group(program, signal.SIGTERM)
            is_ending = is_ending or not orders or b"K" in orders
        if is_ending:
            _kill_all_below(os.getpid(), program)
            if _is_alone():
                break
    _tell(control, "empty")


def _is_alone() -> bool:
    """Say whether the kernel knows no child of this process: then nothing is left below it."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return True
    return False


def _started(request: Request, descriptors: list[int], control: socket.socket) -> int:
    """Start the program and return its process id; 0 where it cannot be started, which is told."""
    keeper = os.getpid()
    read, write = os.pipe()
    program = os.fork()
    if program == 0:
        report = _moved(write)
        try:
            _become(request, descriptors, report, keeper)
        except OSError as error:
            os.write(report, str(error.errno).encode())
        finally:
            os._exit(127)
    os.close(write)
    failed = os.read(read, 64)
    os.close(read)
    if not failed:
        return program
    os.waitpid(program, 0)
    _tell(control, f"failed {failed.decode()}")
    return 0


def _become(request: Request, descriptors: list[int], report: int, keeper: int) -> None:
    """Become the program, within its limits; OSError where that cannot be."""
    arguments, environment, folder, limits, oom_score = request
    os.setsid()
    # All of them out of the way first, so that none is overwritten before it was copied.
    high = [_moved(descriptor) for descriptor in descriptors]
    for place, descriptor in enumerate(high):
        os.dup2(descriptor, place, inheritable=True)
    os.closerange(len(high), report)
    os.closerange(report + 1, 1 << 20)
    os.chdir(folder)
    if oom_score is not None and _IS_LINUX:
        _write_oom_score(oom_score)
    _limit(limits)
    for number in (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, set())
    if _IS_LINUX:
        _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != keeper:
        os._exit(127)
    os.execve(arguments[0], arguments, environment)


def _moved(descriptor: int) -> int:
    return fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 64)


def _limit(limits: Limits) -> None:
    memory, files, file_size = limits
    wished = ((resource.RLIMIT_DATA, memory), (resource.RLIMIT_FSIZE, file_size))
    for kind, most in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_NOFILE, files), *wished):
        if most is not None:
            _, hard = resource.getrlimit(kind)
            most = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(kind, (most, most))


def _write_oom_score(score: int) -> None:
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write(str(score))
    except OSError:
        pass  # a wish; some containers refuse it


# ---- processes


def _below(top: int) -> list[int]:
    """Return the processes that descend from one."""
    found: list[int] = []
    waiting = [top]
    while waiting:
        children = _children(waiting.pop())
        found += children
        waiting += children
    return found


def _children(pid: int) -> list[int]:
    """Return the children of a process: what the kernel says, or what `ps` does elsewhere."""
    if not _IS_LINUX:
        return _children_by_ps(pid)
    children: list[int] = []
    try:
        for thread in os.listdir(f"/proc/{pid}/task"):
            with open(f"/proc/{pid}/task/{thread}/children") as file:
                children += map(int, file.read().split())
    except (OSError, ValueError):
        pass  # it ended meanwhile
    return children


def _children_by_ps(pid: int) -> list[int]:
    import subprocess

    listed = subprocess.run(["ps", "-axo", "pid=,ppid="], capture_output=True, text=True)
    pairs = [line.split() for line in listed.stdout.splitlines()]
    return [int(child) for child, parent in pairs if int(parent) == pid]


def _kill_all_below(top: int, program: int = 0) -> None:
    """Kill what descends from a process; stop it first, for what is stopped cannot fork.

    Elsewhere than on Linux, where orphans are not below it any more, its program's group is killed.
    """
    stopped: set[int] = set()
    while found := set(_below(top)) - stopped:
        for pid in found:
            _signal(pid, signal.SIGSTOP)
        stopped |= found
    for pid in stopped:
        _signal(pid, signal.SIGKILL)
    if program and not _IS_LINUX:
        _signal_group(program, signal.SIGKILL)


def _signal_group(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except OSError:
        pass


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except OSError:
        pass


def _reaped() -> dict[int, tuple[int, int]]:
    """Take note of the children that ended: status and kibibytes by process."""
    ended: dict[int, tuple[int, int]] = {}
    while True:
        try:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = (status, usage.ru_maxrss if _IS_LINUX else usage.ru_maxrss // 1024)


def _deaths() -> int:
    """Return a descriptor that can be read after a child ended."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.signal(signal.SIGCHLD, _noticed)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    return read


def _noticed(number: int, frame: object) -> None:
    """Nothing: that the signal has a handler is what makes it wake the reader."""


def _ready(ours: socket.socket, deaths: int, seconds: float | None) -> list[int | socket.socket]:
    """Return which of the two can be read, after some seconds at the latest."""
    watched: list[int | socket.socket] = [ours, deaths]
    return select.select(watched, [], [], seconds)[0]


def _drain(descriptor: int) -> None:
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        pass


def _become_subreaper() -> None:
    if _IS_LINUX:
        _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    import _ctypes

    prctl = _ctypes.dlsym(_ctypes.dlopen(None, os.RTLD_NOW), "prctl")  # type: ignore[arg-type]
    if _ctypes.call_function(prctl, (option, value)) != 0:
        raise OSError(errno.EPERM, "prctl")


# ---- what is said


def _receive(requests: socket.socket) -> tuple[Request | int, list[int]] | None:
    """Return the next request with its descriptors; None where the supervisor is gone."""
    head, extras, _, _ = requests.recvmsg(8, socket.CMSG_SPACE(4 * _MOST_DESCRIPTORS))
    sent = b"".join(data for level, kind, data in extras if (level, kind) == _RIGHTS)
    descriptors = list(memoryview(sent).cast("i"))
    body = _exactly(requests, 8 - len(head), head)
    if body is None:
        return None
    content = _exactly(requests, int.from_bytes(body, "big"), b"")
    return None if content is None else (marshal.loads(content), descriptors)


def _exactly(source: socket.socket, count: int, before: bytes) -> bytes | None:
    parts = [before]
    while count:
        part = source.recv(min(count, 1 << 20))
        if not part:
            return None
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def _tell(control: socket.socket, line: str) -> None:
    try:
        control.sendall(line.encode() + b"\n")
    except OSError:
        pass  # the supervisor is gone, which the next read says too


if __name__ == "__main__":
    main()
