"""Processes that start in no time: forks of one that has imported what our commands import.

Most of a test's training, page or dry run is the import of torch and Snakemake. ``python -m bench`` and ``snakemake`` of a
project run in forks of a server instead, each with its own folder, environment, arguments and output; a fork ends as the
process would. Tests that kill processes, that edit a copy of the code, or that hold the user's line from a cold start take
real ones. All forks share one hash seed, as processes of their own would not.
"""

from __future__ import annotations

import gc
import os
import runpy
import select
import shlex
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from bench.jobs.preload import Request, become, code_of, flush, received
from bench.plan.catalogue import ROOT

IMPORTS = (
    "torch", "torch._dynamo", "torch.distributed.run", "torchvision.models", "matplotlib.pyplot", "scipy.stats",
    "sklearn.manifold", "pandas", "snakemake.cli", "bench.cli.app", "bench.jobs.job", "bench.flow.inputs",
    "bench.flow.snakemake9", "bench.probes.shared.work", "bench.report.figures", "bench.report.render", "bench.report.table",
)  # fmt: skip
SERVERS: list[tuple[subprocess.Popen, Path]] = []

# Sends its arguments, folder, environment and standard streams, and ends with the code that comes back.
CLIENT = """
import marshal, os, socket, sys
ask = socket.socket(socket.AF_UNIX)
ask.connect({address!r})
request = marshal.dumps((sys.argv[1:], os.getcwd(), dict(os.environ)))
socket.send_fds(ask, [len(request).to_bytes(8, "big")], [0, 1, 2])
ask.sendall(request)
code = int(ask.makefile().readline() or 1)
sys.exit(code)
"""


@cache
def fork_folder() -> Path:
    """A folder for the front of PATH: its ``python`` and ``snakemake`` are forks of a server, started by the first call."""
    folder = Path(tempfile.mkdtemp(prefix="forks"))
    client, address, real = folder / "client.py", folder / "socket", shlex.quote(sys.executable)
    client.write_text(CLIENT.format(address=str(address)))
    ask = f'exec {real} -S -E {shlex.quote(str(client))} "$@"'
    ours = '[ "$1" != -u ] || shift\ncase "$1 $2" in "-m bench" | "-m pytest" | "-m torch.distributed.run") ;;'
    _script(folder / "python", f'{ours} *) exec {real} "$@" ;; esac\n{ask}')
    _script(folder / "snakemake", ask.replace('"$@"', '-m snakemake "$@"'))
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    command = [sys.executable, "-m", "projects.forks", str(address)]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": path})
    assert server.stdout is not None and server.stdout.readline(), "the server of forks did not start"
    SERVERS.append((server, folder))
    return folder


def end_server() -> None:
    """End the server that this process started, if it did; it waits for its forks, so that their time counts as ours."""
    while SERVERS:
        server, folder = SERVERS.pop()
        server.stdin.close()  # type: ignore[union-attr]
        server.wait(timeout=60)
        shutil.rmtree(folder)


def _script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def serve(address: str) -> None:
    """Answer until standard input ends."""
    gc.disable()  # what is imported lives to the end: nobody looks through it for garbage, here or in a fork
    for name in IMPORTS:
        __import__(name)
    gc.freeze()
    gc.enable()
    sys.executable = str(Path(address).with_name("python"))  # which a workflow puts in front of the PATH of its jobs
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    print("ready", flush=True)
    running: set[int] = set()
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [], 0.5)
        running -= {number for number in running if os.waitpid(number, os.WNOHANG)[0]}
        if listener in ready:
            connection, _ = listener.accept()
            number = os.fork()
            if not number:
                listener.close()
                os._exit(_attend(connection))
            running.add(number)
            connection.close()
        elif ready:
            break
    for number in running:
        os.waitpid(number, 0)


def _attend(connection: socket.socket) -> int:
    """Run one request in a fork of its own and send its exit code."""
    request = received(connection)
    if request is None:
        return 1
    number = os.fork()
    if not number:
        connection.close()
        code = code_of(lambda: _run(request))
        flush()
        os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
    connection.sendall(f"{code if code >= 0 else 128 - code}\n".encode())
    return 0


def _run(request: Request) -> int:
    """Run ``-m MODULE ARGUMENT...`` as the process that was asked for."""
    become(request)
    module, sys.argv = request.words[1], request.words[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
