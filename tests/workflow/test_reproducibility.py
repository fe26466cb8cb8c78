"""The comparison of two runs, and its report of differences."""

import subprocess
import sys

import pytest

from tests.reproducibility.comparison import MAY_DIFFER, Comparison, compare, reason


@pytest.fixture
def results(tmp_path):
    """A folder of results with these files."""

    def write(name: str, **contents: bytes):
        for path, content in contents.items():
            file = tmp_path / name / path.replace("__", "/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        return tmp_path / name

    return write


def test_a_byte_and_a_file_more_are_found(results):
    one = results("one", table=b"1", d__figure=b"2", d__runs__only=b"3")
    other = results("other", table=b"1", d__figure=b"4")
    assert compare(one, other) == Comparison(["table"], ["d/figure"], ["d/runs/only"])
    assert not compare(one, other).is_same
    assert compare(one, one).is_same


def test_nothing_to_compare_is_not_the_same(tmp_path):
    assert not compare(tmp_path, tmp_path).is_same


def test_only_what_holds_times_may_differ():
    for name in (
        "runtime.csv",
        "report.html",
        "logs/tabulate_metrics.log",
        "tiny/logs/cde/seed0/fit_dynamics.log",
        "tiny/benchmarks/solve_law.tsv",
        "tiny/figures/inference.pdf",
        "provenance/runtime.csv.json",
        "provenance/tiny/figures/inference.png.json",
        "tiny/runs/cde/seed0/.dynamics.safetensors.x1.safetensors",
    ):
        assert reason(name), name
    for name in (
        "metrics.csv",
        "settings.yaml",
        "figures/rulegraph.pdf",
        "tiny/figures/density-cde.gif",
        "tiny/runs/cde/seed0/dynamics.safetensors",
        "tiny/runs/cde/seed0/dynamics_checkpoint.safetensors",
        "provenance/metrics.csv.json",
    ):
        assert reason(name) is None, name


def test_every_exception_gives_a_reason():
    assert all(MAY_DIFFER.values())


def test_an_unknown_case_is_refused(root):
    command = [sys.executable, str(root / "tests" / "reproducibility" / "run.py"), "cores-3"]
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert result.returncode == 2
    assert "there is no case cores-3" in result.stdout
