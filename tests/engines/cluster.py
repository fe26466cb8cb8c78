"""A SLURM cluster of one node on this machine, with two cards that exist only in SLURM's configuration.

It needs no systemd and leaves the machine's own configuration alone.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from getpass import getuser
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol", "sinfo")
WITHIN = 60.0  # seconds until a daemon answers or ends

CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
# Without cgroups memory is watched once a second, and a job that has too much is ended.
SelectTypeParameters=CR_Core_Memory
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill
EnforcePartLimits=ALL
ReturnToService=2
KillWait=2
MinJobAge=3600
SchedulerParameters=batch_sched_delay=0,sched_interval=2
GresTypes=gpu
{node} NodeAddr=127.0.0.1 Gres=gpu:2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Job:
    """What SLURM keeps about a job."""

    number: int
    state: str
    rule: str  # rule_NAME_wildcards_..., or the names of a group
    memory: int  # mebibytes
    processors: int
    cards: int


class Cluster:
    """A running cluster."""

    def __init__(self, environment: dict[str, str]):
        """Of processes with this environment."""
        self.environment = environment

    def ask(self, *command: str) -> str:
        """What one of SLURM's programs prints."""
        asked = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=True)
        return asked.stdout

    def jobs(self) -> list[Job]:
        """All jobs of the last hour, in the order in which they were sent."""
        found = []
        for line in self.ask("scontrol", "show", "job", "--oneliner").splitlines():
            told = dict(word.split("=", 1) for word in line.split() if "=" in word)
            if "JobId" in told:
                job = Job(
                    number=int(told["JobId"]),
                    state=told["JobState"],
                    rule=told.get("Comment", ""),
                    memory=int(told["MinMemoryNode"].removesuffix("M")),
                    processors=int(told["NumCPUs"]),
                    cards=int(told.get("TresPerJob", "gres:gpu:0").rpartition(":")[2]),
                )
                found.append(job)
        return sorted(found, key=lambda job: job.number)

    def of_rule(self, rule: str) -> list[Job]:
        """Jobs of a rule, apart from those in groups."""
        return [job for job in self.jobs() if f"{job.rule}_".startswith(f"rule_{rule}_")]


def absent() -> list[str]:
    """Programs that a cluster needs and this machine has not."""
    return [program for program in PROGRAMS if shutil.which(program, path=_path()) is None]


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A cluster for as long as the block lasts; nothing of it is left after it."""
    with ExitStack() as stack:
        # Not below a test's own folder: the path of a socket may have a hundred letters.
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="slurm-", ignore_cleanup_errors=True)))
        folder.chmod(0o755)  # munge's socket must be reachable
        for name in ("munge", "state", "spool", "bin"):
            (folder / name).mkdir(mode=0o755)
        environment = _configure(folder)
        running = Cluster(environment)
        munge = [f"--{key}={folder}/munge/{key}" for key in ("socket", "pid-file", "log-file", "seed-file")]
        munge += [f"--key-file={folder}/munge/key", "--foreground", "--force"]
        stack.enter_context(_daemon(folder / "munged.log", environment, "munged", *munge))
        _wait_until((folder / "munge" / "socket").exists, folder)
        stack.enter_context(_daemon(folder / "slurmctld.log", environment, "slurmctld", "-D"))
        stack.enter_context(_daemon(folder / "slurmd.log", environment, "slurmd", "-D"))
        _wait_until(lambda: _is_idle(environment), folder)
        try:
            yield running
        finally:
            subprocess.run(["scancel", "--user", getuser()], env=environment, check=False)
            _wait_until(lambda: not running.ask("squeue", "--noheader"), folder)


def _path() -> str:
    return os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])


def _configure(folder: Path) -> dict[str, str]:
    """Write the configuration; the environment of what uses it."""
    node = subprocess.run(["slurmd", "-C"], env={"PATH": _path()}, capture_output=True, text=True, check=True).stdout
    node = node.splitlines()[0]
    host = node.split()[0].removeprefix("NodeName=")
    configuration = folder / "slurm.conf"
    settings = CONFIGURATION.format(folder=folder, host=host, user=getuser(), ports=_free_ports(2), node=node)
    configuration.write_text(settings, encoding="utf-8")
    (folder / "gres.conf").write_text(
        "AutoDetect=off\nName=gpu File=/dev/null\nName=gpu File=/dev/zero\n", encoding="utf-8"
    )
    key = folder / "munge" / "key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    # The plugin takes every variable of SLURM's from a job's step, and with it where this configuration is.
    step = folder / "bin" / "srun"
    step.write_text(f'#!/bin/sh\nSLURM_CONF={configuration} exec {shutil.which("srun")} "$@"\n', encoding="utf-8")
    step.chmod(0o755)
    return os.environ | {"SLURM_CONF": str(configuration), "PATH": f"{folder / 'bin'}{os.pathsep}{_path()}"}


def _free_ports(number: int) -> list[int]:
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


@contextmanager
def _daemon(log: Path, environment: dict[str, str], *command: str) -> Iterator[None]:
    """A program that runs as long as the block."""
    with (
        log.open("w", encoding="utf-8") as stream,
        subprocess.Popen(command, env=environment, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL) as process,
    ):
        try:
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()


def _is_idle(environment: dict[str, str]) -> bool:
    command = ["sinfo", "--noheader", "--format=%t"]
    asked = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return asked.stdout.strip() == "idle"


def _wait_until(condition: Callable[[], object], folder: Path) -> None:
    """Wait, or say what the daemons said."""
    end = time.monotonic() + WITHIN
    while not condition():
        if time.monotonic() > end:
            said = "\n".join(log.read_text(encoding="utf-8") for log in sorted(folder.glob("*.log")))
            raise TimeoutError(f"The cluster does not answer:\n{said}")
        time.sleep(0.2)
