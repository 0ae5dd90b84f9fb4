"""The preloaded server of a working folder: imports once what a job needs, and forks a process for every job.

A fork is the job's process as its client (``bench/jobs/thin.py``) would be: its folder, environment, streams and arguments. It
depends on the server for nothing after it is made, and ends when its client is gone.
"""

from __future__ import annotations

import atexit
import marshal
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

IDLE_SECONDS = 10.0
INTERRUPTED = 130  # as a shell calls the end by SIGINT
OPEN_FILES = 1024  # streams of a client's shell that are not ours to keep open


@dataclass(frozen=True)
class Request:
    """The process that a client stands for; ``streams`` are descriptors for standard input, output and error."""

    words: list[str]
    folder: str
    environment: dict[str, str]
    streams: tuple[int, ...]


def serve(address: Path, load: Callable[[], None], run: Callable[[list[str]], int], idle_seconds: float = IDLE_SECONDS) -> None:
    """Fork for every request at ``address`` until none has come for a while, or the socket is gone or another server's.

    Parameters
    ----------
    address
        Where the socket is made, for this user alone; clients may connect while ``load`` runs.
    load
        Imports what the jobs need. It starts no thread: a fork would lack it.
    run
        The job, in the fork: arguments to exit code.
    """
    os.closerange(3, OPEN_FILES)
    listener = _listening(address)
    own = _identity(address)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(0))
    forks: dict[int, socket.socket] = {}
    try:
        load()
        last = time.monotonic()
        while forks or (time.monotonic() - last < idle_seconds and _identity(address) == own):
            ready, _, _ = select.select([listener], [], [], 0.1 if forks else min(1.0, idle_seconds))
            if ready:
                connection, _ = listener.accept()
                forks[_forked(connection, [listener, *forks.values()], run)] = connection
            _ended(forks)
            last = time.monotonic() if ready or forks else last
    finally:
        if _identity(address) == own:
            address.unlink(missing_ok=True)
            with suppress(OSError):  # another server's socket is in it
                address.parent.rmdir()


def _listening(address: Path) -> socket.socket:
    """A socket under a name of its own until it listens, so that no client meets one that refuses."""
    for left in address.parent.iterdir():
        if not _answers(left):
            left.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    made = address.with_name(f"{address.name}.{os.getpid()}")
    mask = os.umask(0o177)
    try:
        listener.bind(str(made))
    finally:
        os.umask(mask)
    listener.listen(64)
    made.rename(address)
    return listener


def _answers(path: Path) -> bool:
    """Whether a server listens at a socket; one that was killed has left it."""
    with socket.socket(socket.AF_UNIX) as trial:
        try:
            trial.connect(str(path))
        except OSError:
            return False
    return True


def _identity(address: Path) -> tuple[int, int] | None:
    try:
        facts = address.stat()
    except OSError:
        return None
    return facts.st_dev, facts.st_ino


def _forked(connection: socket.socket, others: list[socket.socket], run: Callable[[list[str]], int]) -> int:
    """Fork for one connection, whose client is told the process id; the fork holds none of the others open."""
    number = os.fork()
    if not number:
        for other in others:
            other.close()
        _attend(connection, run)
    with suppress(OSError):  # its client is gone already, and the fork finds that out
        connection.sendall(f"{number}\n".encode())
    return number


def _ended(forks: dict[int, socket.socket]) -> None:
    """Take leave of forks that have ended; one that a signal ended could not say so itself."""
    for number in list(forks):
        done, status = os.waitpid(number, os.WNOHANG)
        if not done:
            continue
        with forks.pop(number) as connection, suppress(OSError):
            if os.WIFSIGNALED(status):
                connection.sendall(f"signal {os.WTERMSIG(status)}\n".encode())


def _attend(connection: socket.socket, run: Callable[[list[str]], int]) -> None:
    """The fork: becomes the process that was asked for, tells its exit code, and ends."""
    code = 1

    def attended() -> int:
        for name in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        request = received(connection)
        if request is None:
            return 1
        become(request)
        os.register_at_fork(after_in_child=connection.close)
        threading.Thread(target=_end_with, args=(connection,), daemon=True).start()
        return run(request.words)

    try:
        code = code_of(attended)
    finally:
        with suppress(Exception):
            atexit._run_exitfuncs()  # ends the processes that read pictures
        flush()
        with suppress(OSError):
            connection.sendall(f"exit {code}\n".encode())
        os._exit(code)


def received(connection: socket.socket) -> Request | None:
    """The request of a connection; None where its client left before it was complete."""
    head, streams, _, _ = socket.recv_fds(connection, 8, 3)
    if len(head) < 8 or len(streams) < 3:
        return None
    size, body = int.from_bytes(head, "big"), b""
    while len(body) < size:
        part = connection.recv(size - len(body))
        if not part:
            return None
        body += part
    words, folder, environment = marshal.loads(body)
    return Request(words, folder, environment, tuple(streams))


def code_of(run: Callable[[], int]) -> int:
    """The exit code of a process that would do nothing but this; what it would say at its end is said."""
    try:
        return run()
    except SystemExit as end:
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)
        return INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1


def flush() -> None:
    """Write out what the standard streams hold, for a process that ends without its interpreter's end."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()


def become(request: Request) -> None:
    """Take over the folder, environment and streams of the process that a request stands for."""
    for standard, stream in enumerate(request.streams):
        os.dup2(stream, standard)
        os.close(stream)
    # The server's own know other files: whether they can seek, whether they are a terminal.
    sys.stdin = _opened_as(sys.stdin, 0, "r", buffering=-1)
    sys.stdout = _opened_as(sys.stdout, 1, "w", buffering=1 if os.isatty(1) else -1)
    sys.stderr = _opened_as(sys.stderr, 2, "w", buffering=1)
    os.chdir(request.folder)
    os.environ.clear()
    os.environ.update(request.environment)


def _opened_as(stream: TextIO, number: int, mode: str, buffering: int) -> Any:
    """A text stream on a descriptor, in the encoding of the server's own, which Python chose by the same environment."""
    return open(number, mode, buffering, stream.encoding, stream.errors, closefd=False)


def _end_with(connection: socket.socket) -> None:
    """End this process when its client has ended: whoever kills the client means the job."""
    with suppress(OSError):
        connection.recv(1)
    os.kill(os.getpid(), signal.SIGKILL)
