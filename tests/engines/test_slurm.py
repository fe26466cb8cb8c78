"""A small complete run through a real SLURM, with the usual failures of a cluster.

One run, since each of its jobs takes as long as Snakemake takes to start: a job is cancelled, another needs more
memory than it requested, and the head process is killed. The results must equal those of a local run.
"""

import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml
from cluster import Cluster, Job, absent, cluster

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[2]
TINY = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
# The model that passes through every stage, and a baseline.
CONFIG = TINY | {"models": {run: TINY["models"][run] for run in ("taught",)}}
CONFIG |= {"baselines": ["mixture"], "ablations": {}}
PROFILE = ROOT / "profiles" / "slurm"
METRICS = tuple(f"results/tiny/runs/{run}/seed0/metrics.csv" for run in ("taught", "mixture"))
CANCELLED, HUNGRY, RUNNING_AT_THE_END = "train_anchors", "fit_spline", "fit_latent_path"
BEFORE_THE_END = ("simulate_system", "prepare_snapshots", "train_anchors", "build_weight_graph")
LIGHT = ("write_settings", "tabulate_metrics", "tabulate_runtime")
FIGURES = ("plot_metrics", "plot_losses", "animate_density", "write_report")
WITHIN = 600.0  # seconds until a job begins, on a machine that does much else

# Holds more memory than the first attempt may have; every Python of the jobs reads this as it starts.
BALLAST = f"""
import sys
if sys.orig_argv[-1].endswith(".{HUNGRY}.py"):
    import time
    ballast = b"1" * (5000 * 2**20)
    time.sleep(3)
"""

pytestmark = pytest.mark.skipif(bool(absent()), reason=f"SLURM is not installed: no {', '.join(absent())}")


@dataclass(frozen=True)
class Run:
    """A finished run through SLURM."""

    folder: Path
    before: str  # what the head process said until it was killed
    after: str  # what the one after it said
    jobs: list[Job]

    def of_rule(self, rule: str) -> list[Job]:
        """Jobs of a rule, in the order in which they were sent."""
        return [job for job in self.jobs if f"{job.rule}_".startswith(f"rule_{rule}_")]


@pytest.fixture(scope="module")
def slurm() -> Iterator[Cluster]:
    with cluster() as running:
        yield running


@pytest.fixture(scope="module")
def start(slurm) -> Callable[..., subprocess.Popen]:
    """Start Snakemake with the profile; what it says goes to a file."""

    def run(folder: Path, log: Path, *options: str, **variables: str) -> subprocess.Popen:
        config = folder / "config.yaml"
        config.write_text(yaml.safe_dump(CONFIG, sort_keys=False), encoding="utf-8")
        command = [sys.executable, "-m", "snakemake", "--profile", str(PROFILE), "--nocolor", "--verbose"]
        command += ["--configfile", str(config), "--directory", str(folder)]
        # Here jobs take seconds, and there are no other users who ask for their states.
        command += ["--slurm-init-seconds-before-status-checks", "8", "--latency-wait", "10", *options]
        with log.open("w", encoding="utf-8") as stream:
            return subprocess.Popen(
                command, cwd=ROOT, env=slurm.environment | variables, stdout=stream, stderr=subprocess.STDOUT
            )

    return run


def running(slurm: Cluster, head: subprocess.Popen, log: Path, rule: str) -> Job:
    """Wait until a job of a rule runs."""
    end = time.monotonic() + WITHIN
    while time.monotonic() < end and head.poll() is None:
        for job in slurm.jobs():
            if job.rule.startswith(f"rule_{rule}") and job.state == "RUNNING":
                return job
        time.sleep(0.5)
    raise AssertionError(f"no job of {rule} began:\n{log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="module")
def finished(slurm, start, tmp_path_factory) -> Run:
    folder = tmp_path_factory.mktemp("cluster")
    logs = [folder / "before.log", folder / "after.log"]
    (folder / "ballast").mkdir()
    (folder / "ballast" / "sitecustomize.py").write_text(BALLAST, encoding="utf-8")
    variables = {"PYTHONPATH": str(folder / "ballast")}

    head = start(folder, logs[0], **variables)
    try:
        slurm.ask("scancel", str(running(slurm, head, logs[0], CANCELLED).number))
        running(slurm, head, logs[0], RUNNING_AT_THE_END)
    finally:
        head.kill()
        head.wait()
    # What docs/how-to/cluster.md says is to be done then.
    name = re.search(r"SLURM run ID: (\S+)", logs[0].read_text(encoding="utf-8"))[1]
    slurm.ask("scancel", "--name", name)
    unlocking = start(folder, logs[1], "--unlock")
    assert unlocking.wait() == 0, logs[1].read_text(encoding="utf-8")
    head = start(folder, logs[1], **variables)
    try:
        assert head.wait() == 0, logs[1].read_text(encoding="utf-8")
    finally:
        head.kill()
    return Run(folder, *(log.read_text(encoding="utf-8") for log in logs), slurm.jobs())


def test_metrics_are_those_of_a_run_here(finished, run_snakemake, tmp_path):
    here = run_snakemake(tmp_path, CONFIG, *METRICS)
    assert here.returncode == 0, here.stdout
    for table in METRICS:
        assert (finished.folder / table).read_bytes() == (tmp_path / table).read_bytes()


def test_everything_is_made(finished):
    assert (finished.folder / "results" / "report.html").stat().st_size > 0
    assert "(100%) done" in finished.after


def test_a_cancelled_job_is_sent_again(finished):
    assert [job.state for job in finished.of_rule(CANCELLED)] == ["CANCELLED", "COMPLETED"]


def test_a_job_out_of_memory_is_sent_again_with_twice_as_much(finished):
    first, second = finished.of_rule(HUNGRY)[-2:]
    assert first.state != "COMPLETED"
    assert second.state == "COMPLETED"
    assert second.memory == 2 * first.memory
    [said] = (finished.folder / ".snakemake" / "slurm_logs").rglob(f"rule_{HUNGRY}/**/{first.number}.log")
    assert "memory" in said.read_text(encoding="utf-8")


def test_after_the_head_process_was_killed_the_run_goes_on_where_it_was(finished):
    assert "(100%) done" not in finished.before
    for rule in BEFORE_THE_END:
        assert re.search(rf"Finished jobid: \d+ \(Rule: {rule}\)", finished.before)
        assert f"(Rule: {rule})" not in finished.after
    assert finished.of_rule(RUNNING_AT_THE_END)[-1].state == "COMPLETED"


def test_jobs_that_train_ask_for_a_card_and_others_do_not(finished):
    for job in finished.jobs:
        trains = re.match(r"rule_(train|fit|predict_(field|spline)|choose_(smoothing|steps))", job.rule)
        path = job.rule.startswith("rule_fit_latent_path")  # by principal components: nothing to train
        assert job.cards == int(bool(trains) and not path), job


def test_every_job_asks_for_one_processor_and_for_memory(finished):
    assert {job.processors for job in finished.jobs} == {1}
    assert all(job.memory >= 2000 for job in finished.jobs)


def test_light_work_is_done_by_the_head_process_and_figures_in_one_job(finished):
    said = finished.before + finished.after
    for rule in (*LIGHT, *FIGURES):
        assert finished.of_rule(rule) == []
        assert re.search(rf"Finished jobid: \d+ \(Rule: {rule}\)", said)
    assert [job.state for job in finished.of_rule("figures")] == ["COMPLETED"]


def test_more_threads_than_a_node_has_do_not_wait_for_ever(slurm, start, tmp_path):
    target = "results/tiny/simulated.safetensors"
    log = tmp_path / "head.log"
    head = start(tmp_path, log, "--set-threads", "simulate_system=64", "--", target)
    assert head.wait(WITHIN) == 0, log.read_text(encoding="utf-8")
    assert (tmp_path / target).is_file()
