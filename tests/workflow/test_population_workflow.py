"""`snakemake populations`, small and whole."""

from pathlib import Path

import pandas as pd
import pytest
import yaml

from tests.conftest import FROM_SAVED, drawn, job_counts, unpacked

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "tests" / "config" / "populations.yaml").read_text(encoding="utf-8"))
POPULATION = CONFIG["populations"]["small"]


@pytest.fixture(scope="module")
def finished(run_snakemake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("populations")
    result = run_snakemake(folder, CONFIG, "populations")
    assert result.returncode == 0, result.stdout
    return folder


def test_everything_is_measured(finished):
    summary = pd.read_csv(finished / "results" / "populations" / "summary.csv")
    assert set(summary["population"]) == {"small"}
    found = {layout: set(part["source"]) for layout, part in summary.groupby("layout")}
    assert found["aligned"] == found["raw"] == {"trained", "flow", "gaussian", "covariance", "kernel", "jittered"}
    drawn = {"structure, drawn", "behaviour, drawn"}
    assert found["reconstructed"] == {"learned", "unseen", "structure", "behaviour", "weights"} | drawn
    assert summary["mean"].notna().all()
    probes = summary[summary["metric"].str.startswith("probe_")]
    assert set(probes["metric"]) == {
        f"probe_{name}" for name in ("accuracy", "gap", "epoch", "final_accuracy", "final_gap")
    }


def test_the_page_tells_of_it_without_any_other_file(finished):
    page = (finished / "results" / "populations" / "report.html").read_text(encoding="utf-8")
    for told in ("Population small", "flow, aligned", "behaviour, drawn", "probe_epoch", "data:image/png;base64"):
        assert told in page, told
    assert 'src="http' not in page


def test_a_second_run_does_nothing(finished, run_snakemake):
    assert "Nothing to be done" in run_snakemake(finished, CONFIG, "populations").stdout


def test_the_page_and_its_figures_are_made_from_an_archive_without_torch(
    finished, run_snakemake, without_torch, tmp_path
):
    packed = run_snakemake(finished, CONFIG, "archive", flags=("--verbose",))
    assert packed.returncode == 0, packed.stdout
    assert "train_anchors" not in job_counts(packed.stdout)  # of the default run, which nobody asked for
    folder = unpacked(finished / "results" / "archive.tar.gz", tmp_path / "elsewhere")
    for path in finished.glob("results/**/archive*"):
        path.unlink()
    made = [*drawn(folder), folder / "results" / "populations" / "summary.csv"]
    assert len(made) > 5
    for path in made:
        path.unlink()
    result = run_snakemake(folder, folder / "config.yaml", "figures", flags=FROM_SAVED)
    assert result.returncode == 0, result.stdout
    for path in made:
        assert path.read_bytes() == (finished / path.relative_to(folder)).read_bytes(), path
    (folder / "results" / "populations" / "small" / "seed0" / "metrics" / "generated-raw.csv").unlink()
    again = run_snakemake(folder, folder / "config.yaml", "figures", flags=(*FROM_SAVED, "--dry-run"))
    assert "1 of 3 results of populations are not there" in again.stdout


def test_nothing_of_data_sets_is_made(finished):
    found = {path.name for path in (finished / "results").iterdir()}
    assert found <= {"logs", "populations", "provenance"}


def test_another_flow_trains_no_network_anew(finished, run_snakemake):
    changed = CONFIG | {"populations": {"small": POPULATION | {"flow": POPULATION["flow"] | {"steps": 5}}}}
    planned = job_counts(run_snakemake(finished, changed, "populations", flags=("--dry-run",)).stdout)
    assert "fit_weight_flow" in planned
    assert not {"train_population", "fit_weight_autoencoder"} & set(planned)


def test_backbones_learn_a_snapshot_of_a_data_set(finished, run_snakemake):
    states = {"task": "snapshot", "snapshot": {"dataset": "tiny"}, "architecture": {"kind": "gru", "hidden": 3}}
    config = CONFIG | {"populations": {"small": POPULATION, "anchors": states}}
    task = "results/populations/anchors/task.safetensors"
    result = run_snakemake(finished, config, task, flags=("--summary",))
    assert "\nresults/tiny/snapshots.safetensors\t" in result.stdout


def test_a_population_of_nothing_known_is_refused(run_snakemake, tmp_path):
    config = CONFIG | {"populations": {"p": {"task": "irises"}}}
    result = run_snakemake(tmp_path, config, "populations", flags=("--dry-run",))
    assert result.returncode != 0
    assert "populations.p.task: unknown task 'irises'; did you mean 'iris'?" in result.stdout
