"""A real Slurm on this one machine, for tests: munge, a controller and several node daemons with fake GPUs.

Everything lies in one folder; ``SLURM_CONF`` points the commands at it, so that nothing outside it is written and a Slurm that
the machine may be part of is not touched. Memory limits are enforced by Slurm's own polling (no cgroups are needed).
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

DAEMONS = ("slurmctld", "slurmd", "munged")
DEVICES = ("/dev/null", "/dev/zero")  # what is a GPU here: Slurm wants character devices, any will do

CONFIG = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool.%n
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.%n.log
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.%n.pid
SlurmctldPort={port}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SlurmctldTimeout=30
SlurmdTimeout=10
InactiveLimit=0
KillWait=5
MinJobAge=600
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=2,bf_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
DefMemPerCPU=500
SlurmdParameters=config_overrides
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/filetxt
JobCompLoc={folder}/jobs.txt
GresTypes=gpu
{nodes}
PartitionName=cpu Nodes=ALL Default=YES MaxTime=60 State=UP
PartitionName=gpu Nodes=ALL MaxTime=60 State=UP
"""


def missing() -> str:
    """Which of the programs is not installed; empty where all are."""
    absent = [name for name in (*DAEMONS, "sbatch") if shutil.which(name, path=_path()) is None]
    return f"{', '.join(absent)} not installed (Debian: apt-get install slurm-wlm munge)" if absent else ""


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])


def _free_ports(count: int) -> list[int]:
    with_sockets = [socket.socket() for _ in range(count)]
    for one in with_sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in with_sockets]
    for one in with_sockets:
        one.close()
    return ports


class OneMachineSlurm:
    """Brings the daemons up and down; ``environment`` is what the commands need."""

    def __init__(self, folder: Path, nodes: int = 2, cpus: int = 4, memory_mb: int = 8000) -> None:
        self.folder = folder
        self.names = [f"n{number}" for number in range(1, nodes + 1)]
        self.environment = {"SLURM_CONF": str(folder / "slurm.conf"), "PATH": f"{folder / 'bin'}{os.pathsep}{_path()}"}
        self._wrap_srun()
        port, *ports = _free_ports(1 + nodes)
        host = socket.gethostname().partition(".")[0]
        lines = [
            f"NodeName={name} NodeHostname={host} NodeAddr=127.0.0.1 Port={own} CPUs={cpus} RealMemory={memory_mb} "
            f"Gres=gpu:fake:{len(DEVICES)} State=UNKNOWN"
            for name, own in zip(self.names, ports, strict=True)
        ]
        text = CONFIG.format(host=host, user=getpass.getuser(), folder=folder, port=port, nodes="\n".join(lines))
        for part in ("state", *(f"spool.{name}" for name in self.names)):
            (folder / part).mkdir(parents=True)
        (folder / "slurm.conf").write_text(text)
        gres = [f"NodeName={name} Name=gpu Type=fake File={device}" for name in self.names for device in DEVICES]
        (folder / "gres.conf").write_text("\n".join(gres) + "\n")
        (folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\nCgroupAutomount=no\n")
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)

    def _wrap_srun(self) -> None:
        """Snakemake's plugin empties the SLURM_ variables before it calls ``srun``, which would then look in /etc/slurm."""
        wrapper = self.folder / "bin" / "srun"
        wrapper.parent.mkdir()
        program = shutil.which("srun", path=_path())
        wrapper.write_text(f'#!/bin/sh\nSLURM_CONF={self.folder / "slurm.conf"} exec {program} "$@"\n')
        wrapper.chmod(0o755)

    def up(self) -> None:
        folder = self.folder
        files = {"key-file": "munge.key", "socket": "munge.socket", "pid-file": "munged.pid", "log-file": "munged.log"}
        options = [f"--{name}={folder / file}" for name, file in (*files.items(), ("seed-file", "munge.seed"))]
        self.run("munged", "--force", *options)
        self.run("slurmctld")
        for name in self.names:
            self.run("slurmd", "-N", name)
        self.wait(lambda: self.run("sinfo", "-h", "-N", "-p", "cpu", "-o", "%t").split() == ["idle"] * len(self.names), 30)

    def down(self) -> None:
        """End what still runs, then the daemons: steps would outlive them."""
        with suppress(AssertionError):
            self.run("scancel", "--user", getpass.getuser())
            self.wait(lambda: not {job["state"] for job in self.jobs()} & {"RUNNING", "COMPLETING", "PENDING"}, 30)
        for file in sorted(self.folder.glob("*.pid"), reverse=True):  # node daemons, controller, munge
            self.end(file)

    def end(self, file: Path, number: int = 15) -> None:
        try:
            os.kill(int(file.read_text()), number)
        except (OSError, ValueError):
            return

    def kill_node(self, name: str) -> None:
        """As a node that loses power: daemon, job steps and all that they run are gone at once."""
        self.end(self.folder / f"slurmd.{name}.pid", 9)
        for process in Path("/proc").glob("[0-9]*"):
            try:
                environment = (process / "environ").read_bytes()
                words = (process / "cmdline").read_bytes()
            except OSError:
                continue
            on_node = f"SLURMD_NODENAME={name}".encode() in environment and str(self.folder).encode() in environment
            if on_node or (b"slurmstepd" in words and self._step_of(words) in self.jobs_on(name)):
                os.kill(int(process.name), 9)

    def start_node(self, name: str) -> None:
        """Back again, and what the node has is known: Slurm 22.05's controller dies if it starts a job before."""
        self.run("slurmd", "-N", name)
        self.wait(lambda: self.run("sinfo", "-h", "-n", name, "-p", "cpu", "-o", "%t").strip() == "idle", 30)
        time.sleep(2)

    def jobs(self) -> list[dict[str, str]]:
        """The queue and what ended lately."""
        lines = self.run("squeue", "-h", "-t", "all", "-o", "%i|%T|%N|%k|%m|%l|%r").splitlines()
        names = ("id", "state", "node", "comment", "memory", "time", "reason")
        return [dict(zip(names, line.split("|"), strict=True)) for line in lines]

    def jobs_on(self, node: str) -> set[str]:
        return {job["id"] for job in self.jobs() if job["node"] == node and job["state"] == "RUNNING"}

    @staticmethod
    def _step_of(words: bytes) -> str:
        """The job of a step daemon, which calls itself ``slurmstepd: [12.batch]``."""
        return words.decode(errors="replace").partition("[")[2].partition(".")[0]

    def run(self, *words: str) -> str:
        environment = {**os.environ, **self.environment}
        done = subprocess.run(words, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    @staticmethod
    def wait(condition, seconds: float) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "waited in vain"
            time.sleep(0.2)
