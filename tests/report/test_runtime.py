"""What each stage cost, from Snakemake's benchmark files."""

import numpy as np
import pytest

from weightflow.report.runtime import (
    COLUMNS,
    PopulationStage,
    StageRun,
    population_runtime,
    runtime_table,
    sum_benchmarks,
)
from weightflow.storage import write_json, write_tensors


@pytest.fixture
def benchmark(tmp_path):
    path = tmp_path / "benchmark.tsv"
    path.write_text("s\th:m:s\tmax_rss\n1.0\t0:00:01\t10\n2.5\t0:00:02\t300.5\n")
    return str(path)


def test_the_last_run_counts(benchmark):
    table = runtime_table([StageRun("data", "model", 0, "predict", benchmark, None, 1)])
    assert list(table.columns) == COLUMNS
    assert table.iloc[0].tolist() == ["data", "model", 0, "predict", 2.5, 300.5, "cpu"]


def test_stages_of_populations_have_their_last_run(benchmark):
    (row,) = population_runtime([PopulationStage("iris", "training", 2, benchmark)]).to_dict("records")
    assert row == {"population": "iris", "stage": "training", "seed": 2, "seconds": 2.5, "max_rss_mb": 300.5}


def test_a_job_too_short_to_be_sampled_has_no_memory(tmp_path):
    path = tmp_path / "benchmark.tsv"
    path.write_text("s\th:m:s\tmax_rss\n0.1\t0:00:00\t-\n")
    assert np.isnan(runtime_table([StageRun("data", "model", 0, "predict", str(path), None, 1)])["max_rss_mb"].item())


def test_the_artefact_names_the_device(benchmark, tmp_path):
    write_tensors(tmp_path / "a.safetensors", "anchor", {}, device="cuda")
    table = runtime_table([StageRun("data", "model", 0, "dynamics", benchmark, str(tmp_path / "a.safetensors"), 1)])
    assert table["device"].item() == "cuda"


def test_a_choice_names_the_device_it_was_made_on(benchmark, tmp_path):
    for name, content in (("old", {"steps": 3}), ("new", {"steps": 3, "device": "cuda"})):
        write_json(tmp_path / f"{name}.json", content)
    rows = [
        StageRun("data", "model", 0, "steps", benchmark, str(tmp_path / f"{name}.json"), 1) for name in ("old", "new")
    ]
    assert runtime_table(rows)["device"].tolist() == ["cpu", "cuda"]


def test_snakemakes_timestamp_in_a_folder_is_passed_over(benchmark, tmp_path):
    (tmp_path / "anchors" / ".snakemake_timestamp").parent.mkdir()
    (tmp_path / "anchors" / ".snakemake_timestamp").touch()
    write_tensors(tmp_path / "anchors" / "anchor-000.safetensors", "anchor", {}, device="cuda")
    table = runtime_table([StageRun("data", "model", 0, "anchors", benchmark, str(tmp_path / "anchors"), 1)])
    assert table["device"].item() == "cuda"


def test_jobs_of_a_stage_add_up(benchmark, tmp_path):
    short = tmp_path / "short.tsv"
    short.write_text("s\th:m:s\tmax_rss\n0.1\t0:00:00\t-\n")
    total = sum_benchmarks([benchmark, str(short), benchmark])
    assert total.to_dict("list") == {"s": [pytest.approx(5.1)], "max_rss": [300.5]}


def test_what_a_job_does_for_several_seeds_is_shared_among_them(benchmark):
    rows = [StageRun("data", "model", seed, "predict", benchmark, None, 5) for seed in range(5)]
    assert runtime_table(rows)["seconds"].sum() == pytest.approx(2.5)


@pytest.mark.parametrize("content", ["", "s\tmax_rss\n", "s\tmax_rss\nfast\t3\n", "s\tmax_rss\n-1\t3\n", "s\n1\n"])
def test_a_damaged_benchmark_is_refused_by_name(tmp_path, refused, content):
    path = tmp_path / "benchmark.tsv"
    path.write_text(content)
    with refused(r"benchmark\.tsv: holds no measured seconds"):
        runtime_table([StageRun("data", "model", 0, "predict", str(path), None, 1)])
