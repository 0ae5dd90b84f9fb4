# ruff: noqa: PTH100, PTH103, PTH109, PTH115, PTH116, PTH118, PTH120 -- pathlib takes as long to import as the rest
"""The thin client of a folder's preloaded server: sends a job to it, passes signals on, and ends as the job ended.

Imports nothing but small modules of the standard library, since its own start is the whole cost of a job's. The server is
``bench/jobs/preload.py``.
"""

from __future__ import annotations

import fcntl
import marshal
import os
import resource
import signal
import socket
import sys
import time
from contextlib import suppress
from hashlib import sha256
from types import FrameType

PRELOAD = "BENCH_PRELOAD"  # set by the workflow for its jobs, where they may be forks
FOLDER = os.path.join("results", "work", "preload")  # relative, so that no path is too long for a socket
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ALONE = ("SLURM_JOB_ID", "TORCHELASTIC_RUN_ID")  # a cluster's job, a member of a divided run: a process of their own
# What libraries read while they are imported: a server with other values would compute otherwise.
READ_AT_IMPORT = (
    "ATEN", "CUDA", "DNNL", "GLIBC", "GOMP", "GOTO", "KMP", "LANG", "LC_", "LD_", "MALLOC", "MKL", "NUMEXPR", "OMP", "ONEDNN",
    "OPENBLAS", "PYTHON", "PYTORCH", "TORCH", "VECLIB",
)  # fmt: skip
LIMITS = ("RLIMIT_AS", "RLIMIT_CORE", "RLIMIT_CPU", "RLIMIT_DATA", "RLIMIT_FSIZE", "RLIMIT_NOFILE", "RLIMIT_STACK")
PATIENCE = 30  # seconds that a server's socket is waited for


def code_of_fork(words: list[str]) -> int | None:
    """The exit code of ``bench`` with these arguments, run in a fork of the folder's server; None where this process runs it.

    A server is started where none runs. A job that was not taken by it is nobody's, and so is ours.
    """
    wanted = bool(os.environ.pop(PRELOAD, "")) and words[:1] == ["train"]
    if not wanted or any(name in os.environ for name in ALONE):
        return None
    try:
        os.makedirs(FOLDER, mode=0o700, exist_ok=True)
        connection = _connection(os.path.join(FOLDER, server_name()))
    except (OSError, AttributeError):  # a file system without sockets or locks; a system without what names the server
        return None
    return ask(connection, words)


def server_name() -> str:
    """A digest of what a fork inherits: code, interpreter, limits, and the variables that libraries read when imported."""
    inherited = [
        os.uname().nodename,
        *(os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "pid")),
        sys.executable,
        sys.version,
        sorted(item for item in os.environ.items() if item[0].startswith(READ_AT_IMPORT)),
        [resource.getrlimit(getattr(resource, name)) for name in LIMITS],
        os.getpriority(os.PRIO_PROCESS, 0),
        sorted(os.sched_getaffinity(0)),
        _umask(),
        [(path, os.stat(path).st_mtime_ns) for path in sys.path if path.endswith("site-packages")],
        *(sorted(_files(os.path.join(ROOT, *parts))) for parts in (("bench",), ("workflow", "schemas"))),
    ]
    return sha256(repr(inherited).encode(errors="surrogateescape")).hexdigest()[:16]


def ask(connection: socket.socket, words: list[str]) -> int | None:
    """Have a server run ``words`` with this process's folder, environment and streams; returns the exit code.

    None where it was not begun. A fork that a signal ended ends this process by the same one.
    """
    request = marshal.dumps((words, os.getcwd(), dict(os.environ)))
    try:
        socket.send_fds(connection, [len(request).to_bytes(8, "big")], [0, 1, 2])
        connection.sendall(request)
        answers = connection.makefile("rb")
        begun = answers.readline()
    except OSError:
        begun = b""
    if not begun:
        return None
    fork = int(begun)

    def pass_on(number: int, frame: FrameType | None) -> None:
        with suppress(ProcessLookupError):  # it has ended, and its answer is on the way
            os.kill(fork, number)

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, pass_on)
    try:
        kind, _, number = answers.readline().partition(b" ")
    except OSError:
        kind = b""
    if kind == b"signal":
        if int(number) != signal.SIGKILL:
            signal.signal(int(number), signal.SIG_DFL)
        os.kill(os.getpid(), int(number))
    if kind != b"exit":
        print("error: the training and the server that it was forked from were both killed", file=sys.stderr)
        return 1
    return int(number)


def _connection(address: str) -> socket.socket:
    """A connection to the server at ``address``, which is started by the first that finds none."""
    with suppress(FileNotFoundError, ConnectionRefusedError):
        return _connected(address)
    folder = os.open(os.path.dirname(address), os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        try:
            return _connected(address)
        except (FileNotFoundError, ConnectionRefusedError):
            return _connected_to(_start(address), address)
    finally:
        os.close(folder)


def _connected(address: str) -> socket.socket:
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(address)
    except OSError:
        connection.close()
        raise
    return connection


def _start(address: str) -> int:
    """Start a server away from this process's terminal and streams; returns its process id."""
    null = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    words = [sys.executable, "-m", "bench.cli.serving", address]
    return os.posix_spawn(sys.executable, words, os.environ, file_actions=null, setsid=True)


def _connected_to(server: int, address: str) -> socket.socket:
    """A connection to a server that is starting; it answers once it has imported what it preloads."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return _connected(address)
        except OSError:
            if time.monotonic() > end or os.waitpid(server, os.WNOHANG)[0]:
                raise
        time.sleep(0.005)


def _files(folder: str) -> list[tuple[str, int, int]]:
    """Files below a folder with their times and sizes: the code as it would be imported."""
    found = []
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                found += _files(entry.path) if entry.name != "__pycache__" else []
            else:
                facts = entry.stat()
                found.append((entry.path, facts.st_mtime_ns, facts.st_size))
    return found


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
