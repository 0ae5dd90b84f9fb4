"""The preloaded server: a job in a fork is the process that its client would have been, whoever is killed on the way."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bench.jobs import thin
from bench.plan.catalogue import ROOT

# A server that imports nothing, whose job is its first argument: a piece of Python.
SERVER = """
import sys
from pathlib import Path
from bench.jobs.preload import serve
def run(words):
    exec(words[1], {"words": words})
    return 0
serve(Path(sys.argv[1]), lambda: None, run, idle_seconds=float(sys.argv[2]))
"""
CLIENT = """
import sys
from bench.jobs import thin
real = {server!r}
def start(address):
    import os
    null = [(os.POSIX_SPAWN_OPEN, stream, os.devnull, os.O_RDWR, 0) for stream in (0, 1, 2)]
    words = [sys.executable, "-c", real, address, {idle!r}]
    return os.posix_spawn(sys.executable, words, os.environ, file_actions=null, setsid=True)
thin._start = start
code = thin.code_of_fork(sys.argv[1:])
if code is None:
    print("a process of its own")
    sys.exit(3)
sys.exit(code)
"""
FOLDER = Path("results/work/preload")


class Folder:
    """A working folder whose jobs are forks."""

    def __init__(self, path, idle="5"):
        self.path = path
        self.client = CLIENT.format(server=SERVER, idle=idle)

    def start(self, job, **environment):
        variables = {**os.environ, thin.PRELOAD: "auto", "PYTHONPATH": str(ROOT), **environment}
        command = [sys.executable, "-c", self.client, "train", job]
        return subprocess.Popen(
            command,
            cwd=self.path,
            env=variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, job, **environment):
        """What a job says, and its exit code."""
        process = self.start(job, **environment)
        said, faults = process.communicate(timeout=60)
        return said, faults, process.returncode

    def sockets(self):
        return sorted((self.path / FOLDER).glob("*"))


@pytest.fixture
def folder(tmp_path):
    return Folder(tmp_path)


@pytest.fixture
def lasting(tmp_path):
    """One whose server does not end while a test looks on; it goes with the folder."""
    made = Folder(tmp_path, idle="60")
    yield made
    for socket in made.sockets():
        socket.unlink()


def until(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def alive(number):
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


PARENT = "import os; print(os.getppid(), flush=True)"
WAITS = """
import os, signal, sys, time
def stop(number, frame):
    sys.exit(75)
for name in (signal.SIGTERM, signal.SIGINT):
    signal.signal(name, stop)
print(os.getpid(), os.getppid(), flush=True)
time.sleep(60)
"""


def waiting(folder):
    """A client whose job waits, the job's process and its server's."""
    client = folder.start(WAITS)
    return client, *map(int, client.stdout.readline().split())


def test_a_fork_has_its_client_s_streams_folder_arguments_and_environment(folder):
    job = "import os, sys; print(os.getcwd(), words[0], os.environ['MINE']); print('bad', file=sys.stderr); sys.exit(4)"
    assert folder.run(job, MINE="so") == (f"{folder.path} train so\n", "bad\n", 4)


def test_a_fork_sees_neither_the_word_that_asked_for_it_nor_a_terminal(folder):
    assert folder.run(f"import os, sys; print('{thin.PRELOAD}' in os.environ, sys.stdout.isatty())")[0] == "False False\n"


def test_a_fault_is_told_as_a_process_tells_it(folder):
    _, faults, code = folder.run("1 / 0")
    assert code == 1 and "ZeroDivisionError" in faults


def test_jobs_share_a_server_that_only_the_user_reaches_and_that_leaves_nothing(folder):
    servers = {int(folder.run(PARENT)[0]) for _ in range(2)}
    assert len(servers) == 1
    assert all(socket.stat().st_mode & 0o077 == 0 for socket in (*folder.sockets(), folder.path / FOLDER))
    until(lambda: not (folder.path / FOLDER).exists())
    until(lambda: not any(map(alive, servers)))


def test_jobs_at_once_start_one_server(lasting):
    clients = [lasting.start(PARENT) for _ in range(4)]
    assert len({client.communicate(timeout=60)[0] for client in clients}) == 1
    assert len(lasting.sockets()) == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_reaches_the_job_and_its_code_comes_back(lasting, number):
    client, _, _ = waiting(lasting)
    client.send_signal(number)
    assert client.wait(timeout=20) == 75


def test_a_job_that_is_killed_ends_its_client_alike_and_the_server_goes_on(lasting):
    client, job, server = waiting(lasting)
    os.kill(job, signal.SIGKILL)
    assert client.wait(timeout=20) == -signal.SIGKILL
    assert int(lasting.run(PARENT)[0]) == server


def test_a_job_whose_client_is_killed_ends(lasting):
    client, job, server = waiting(lasting)
    client.kill()
    until(lambda: not alive(job))
    assert alive(server)


def test_a_job_outlives_its_killed_server_and_the_next_starts_another(lasting):
    client, _, server = waiting(lasting)
    os.kill(server, signal.SIGKILL)
    assert int(lasting.run(PARENT)[0]) != server
    assert len(lasting.sockets()) == 1
    client.send_signal(signal.SIGTERM)
    assert client.wait(timeout=20) == 75


def test_job_and_server_killed_are_one_line_though_another_job_goes_on(lasting):
    client, job, server = waiting(lasting)
    other, _, same = waiting(lasting)
    assert same == server
    os.kill(server, signal.SIGKILL)
    os.kill(job, signal.SIGKILL)
    said = client.communicate(timeout=20)[1]
    assert client.returncode == 1 and said.count("\n") == 1 and said.startswith("error: ")
    other.send_signal(signal.SIGTERM)
    assert other.wait(timeout=20) == 75


def test_a_server_ends_with_its_folder(lasting):
    server = int(lasting.run(PARENT)[0])
    lasting.sockets()[0].unlink()
    until(lambda: not alive(server))


def test_a_server_that_is_told_to_ends_and_leaves_nothing(lasting):
    server = int(lasting.run(PARENT)[0])
    os.kill(server, signal.SIGTERM)
    until(lambda: not alive(server) and not (lasting.path / FOLDER).exists())


def test_a_server_that_cannot_start_leaves_the_job_to_its_client(tmp_path):
    assert Folder(tmp_path, idle="never").run(PARENT)[0] == "a process of its own\n"


@pytest.mark.parametrize("name", thin.ALONE)
def test_a_cluster_s_job_and_a_member_of_a_divided_run_are_processes_of_their_own(folder, name):
    assert folder.run(PARENT, **{name: "1"})[0] == "a process of its own\n"
    assert not folder.sockets()


def test_only_trainings_that_are_asked_for_so_are_forks(monkeypatch):
    monkeypatch.delenv(thin.PRELOAD, raising=False)
    assert thin.code_of_fork(["train", "x"]) is None
    monkeypatch.setenv(thin.PRELOAD, "auto")
    assert thin.code_of_fork(["report", "x"]) is None


def test_other_code_and_other_surroundings_have_a_server_of_their_own(tmp_path, monkeypatch):
    (tmp_path / "bench").mkdir()
    (tmp_path / "workflow" / "schemas").mkdir(parents=True)
    file = tmp_path / "bench" / "loop.py"
    file.write_text("a = 1\n")
    monkeypatch.setattr(thin, "ROOT", str(tmp_path))
    names = [thin.server_name()]
    assert names == [thin.server_name()]
    file.write_text("a = 2\n")
    names.append(thin.server_name())
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    names.append(thin.server_name())
    monkeypatch.setattr(sys, "executable", "/another/python")
    names.append(thin.server_name())
    assert len(set(names)) == 4


def test_the_client_imports_nothing_heavy():
    code = "import sys; import bench.jobs.thin; print(*(name for name in sys.modules if name.split('.')[0] == 'bench'))"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.split() == ["bench", "bench.jobs", "bench.jobs.thin"]


def test_importing_torch_starts_no_thread_before_a_fork():
    code = "import os; from bench.cli.serving import load; load(); print(len(os.listdir('/proc/self/task')))"
    variables = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, text=True, check=True)
    assert done.stdout == "1\n"


def test_a_fork_writes_as_its_client_would_into_a_terminal_that_lacks_letters(folder):
    """The streams of a fork are new: those of the server know other files, and would not change how they write."""
    job = "import sys; sys.stdout.reconfigure(errors='backslashreplace'); print(sys.stdout.encoding, chr(0x3b1))"
    assert folder.run(job, PYTHONIOENCODING="iso8859-1") == ("iso8859-1 \\u03b1\n", "", 0)
