"""`snakemake populations`, small and whole."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from safetensors.torch import load_file
from torch import nn

from tests.conftest import FROM_SAVED, drawn, job_counts, unpacked
from tests.image_samples import picture, write
from weightflow.populations.population import read_sources
from weightflow.populations.registry import GENERATORS
from weightflow.populations.tasks.task import read_task

ROOT = Path(__file__).resolve().parents[2]
CONFIG = yaml.safe_load((ROOT / "tests" / "config" / "populations.yaml").read_text(encoding="utf-8"))
POPULATION = CONFIG["populations"]["small"]
AUTOENCODERS = ("structure", "behaviour")
DRAWN = {f"{name}, {method}" for name in AUTOENCODERS for method in POPULATION["autoencoder"]["drawing"]["methods"]}


@pytest.fixture(scope="module")
def finished(run_snakemake, tmp_path_factory):
    folder = tmp_path_factory.mktemp("populations")
    result = run_snakemake(folder, CONFIG, "populations")
    assert result.returncode == 0, result.stdout
    return folder


def test_everything_is_measured(finished):
    summary = pd.read_csv(finished / "results" / "populations" / "summary.csv")
    assert set(summary["population"]) == {"small", "narrow"}
    groups = summary.groupby(["population", "layout"])
    found = {name: set(part["source"]) for name, part in groups}
    assert found["small", "aligned"] == {"trained", *GENERATORS}
    assert found["small", "raw"] == found["small", "aligned"] - {"corrected"}
    assert found["narrow", "aligned"] == found["small", "raw"] - {"flow"}
    known = {"learned", "unseen", "weights", "weight statistics"}
    encoded = {name + rest for name in AUTOENCODERS for rest in ("", ", unaligned", ", mean code")}
    assert found["small", "reconstructed"] == {*known, *encoded, *DRAWN}
    assert summary["mean"].notna().all()
    probes = summary[summary["metric"].str.startswith("probe_")]
    assert set(probes["metric"]) == {
        f"probe_{name}" for name in ("accuracy", "gap", "epoch", "final_accuracy", "final_gap")
    }


def test_auto_encoders_are_compared_with_their_variants_and_on_other_networks(finished):
    folder = finished / "results" / "populations"
    variants = pd.read_csv(folder / "variants.csv")
    assert [*zip(variants["variant"], variants["structural"], strict=True)] == [
        *(("base", 1), ("base", 0.5), ("neurons", 0.5), ("both", 0.5))
    ]
    assert (variants[["seconds", "accuracy"]] > 0).all(axis=None)
    zoos = pd.read_csv(folder / "zoos.csv")
    assert [*zip(zoos["source"], zoos["zoo"], zoos["trained"], strict=True)] == [
        (source, name, trained) for source in AUTOENCODERS for name, trained in (("small", True), ("narrow", False))
    ]
    assert (zoos["networks"] == 2).all()
    assert np.isfinite(zoos[["accuracy_originals", "accuracy", "share", "agreement", "distance"]]).all(axis=None)
    for variant, size in (("base", 27), ("neurons", 3), ("both", 27)):
        facts = json.loads((folder / "small" / "autoencoders.json").read_text(encoding="utf-8"))
        assert facts[variant]["codes"] == size


def test_every_decoded_network_is_in_a_table_and_drawn_ones_in_a_file(finished):
    folder = finished / "results" / "populations"
    table = pd.read_csv(folder / "decoded.csv")
    counts = table.groupby(["kind", "source"]).size()
    assert counts["original"].to_dict() == {"unseen": 2}
    assert counts["reconstructed"].to_dict() == {
        name + rest: 2 for name in AUTOENCODERS for rest in ("", ", unaligned")
    }
    assert counts["drawn"].to_dict() == dict.fromkeys(DRAWN, 4)
    drawn_networks = read_sources(folder / "small" / "seed0" / "generated" / "decoded.safetensors")
    assert {name: own.shape for name, own in drawn_networks.items()} == dict.fromkeys(DRAWN, (4, 27))


def test_networks_are_fine_tuned_on_their_task_and_on_other_labels(finished):
    table = pd.read_csv(finished / "results" / "populations" / "transfer.csv")
    assert set(table["task"]) == {"own", "own, labels 2, 1"}
    sources = {"flow", "corrected", "mixed", "trained", "random", *DRAWN}
    assert set(table["source"]) == sources
    assert len(table) == 2 * 2 * len(sources) * 2  # tasks, layers, sources and epochs
    assert table.drop(columns="steps_to").notna().all(axis=None)
    task = read_task(finished / "results" / "populations" / "small" / "transfer" / "1.safetensors")
    assert (task.classes, task.shape) == (2, (4,))


def test_the_page_tells_of_it_without_any_other_file(finished):
    page = (finished / "results" / "populations" / "report.html").read_text(encoding="utf-8")
    for told in (
        "Population small",
        "flow, aligned",
        "behaviour, bootstrapped",
        "probe_epoch",
        "own: random, 1",
        "data:image/png;base64",
    ):
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
    assert "1 of 10 results of populations are not there" in again.stdout


def test_nothing_of_data_sets_is_made(finished):
    found = {path.name for path in (finished / "results").iterdir()}
    assert found <= {"logs", "populations", "provenance"}


def test_another_flow_trains_no_network_anew(finished, run_snakemake):
    others, flow = CONFIG["populations"], POPULATION["flow"] | {"steps": 5}
    changed = CONFIG | {"populations": others | {"small": POPULATION | {"flow": flow}}}
    planned = job_counts(run_snakemake(finished, changed, "populations", flags=("--dry-run",)).stdout)
    assert planned["fit_generator"] == 2
    assert not {"train_population", "fit_weight_autoencoder"} & set(planned)
    changed = CONFIG | {"populations": others | {"small": POPULATION | {"classes": [0, 1], "transfer": {}}}}
    assert "prepare_task" in job_counts(run_snakemake(finished, changed, "populations", flags=("--dry-run",)).stdout)


def test_a_further_variant_fits_no_other_auto_encoder_anew(finished, run_snakemake):
    """Nor does another way of drawing."""
    own = POPULATION["autoencoder"]
    further = own | {"variants": own["variants"] | {"few": {"steps": 2}}, "drawing": {"methods": ["plain"]}}
    changed = CONFIG | {"populations": CONFIG["populations"] | {"small": POPULATION | {"autoencoder": further}}}
    planned = job_counts(run_snakemake(finished, changed, "populations", flags=("--dry-run",)).stdout)
    assert planned["fit_weight_autoencoder"] == 2
    assert planned["evaluate_variants"] == planned["evaluate_reconstructed"] == 1
    assert not {"train_population", "evaluate_zoos"} & set(planned)


def test_auto_encoders_that_cannot_hold_the_networks_are_refused_early(run_snakemake, tmp_path):
    """The architectures are known when the tasks are; one job may train by then."""
    populations = {"small": POPULATION | {"frontier": 0, "transfer": {}}, "narrow": CONFIG["populations"]["narrow"]}
    wide = populations["narrow"] | {"architecture": {"widths": [9]}}
    result = run_snakemake(tmp_path, CONFIG | {"populations": populations | {"narrow": wide}}, "populations")
    assert result.returncode != 0
    said = result.stdout.splitlines()[-1]
    assert said.startswith("Error: populations.small.autoencoder: it cannot hold narrow, whose networks have"), said
    assert len(list(tmp_path.rglob("population.safetensors"))) <= 1
    assert not list(tmp_path.rglob("aligned.safetensors"))


def test_networks_of_others_are_loaded_and_new_ones_written_for_their_code(run_snakemake, tmp_path):
    net = "nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))"
    (tmp_path / "nets.py").write_text(f"from torch import nn\n\n\ndef build():\n    return {net}\n")
    (tmp_path / "runs").mkdir()
    for i in range(8):
        torch.manual_seed(i)
        module = nn.Sequential(nn.Linear(4, 6), nn.Tanh(), nn.Linear(6, 3))
        torch.save({"state_dict": module.state_dict()}, tmp_path / "runs" / f"net-{i}.pt")
    own = {"task": "iris", "networks": {"files": "runs", "module": "nets.py:build"}, "generated": 3}
    flow = {"steps": 5, "width": 8, "alignments": ["aligned"]}
    config, folder = {"seeds": [0], "populations": {"own": own | {"flow": flow}}}, "results/populations/own/seed0"
    asked = f"{folder}/flow-aligned", f"{folder}/metrics/generated-aligned.csv"
    result = run_snakemake(tmp_path, config, *asked)
    assert result.returncode == 0, result.stdout
    files = sorted((tmp_path / folder / "flow-aligned").glob("*.safetensors"))
    assert [file.name for file in files] == [f"network-{i}.safetensors" for i in range(3)]
    for file in files:
        module.load_state_dict(load_file(file))
    found = pd.read_csv(tmp_path / folder / "metrics" / "generated-aligned.csv")
    assert {"flow", "trained", "covariance"} <= set(found["source"])


def test_backbones_learn_a_snapshot_of_a_data_set(finished, run_snakemake):
    states = {"task": "snapshot", "snapshot": {"dataset": "tiny"}, "architecture": {"kind": "gru", "hidden": 3}}
    config = CONFIG | {"populations": CONFIG["populations"] | {"anchors": states}}
    task = "results/populations/anchors/task.safetensors"
    result = run_snakemake(finished, config, task, flags=("--summary",))
    assert "\nresults/tiny/snapshots.safetensors\t" in result.stdout


@pytest.fixture
def own_examples(tmp_path):
    """A folder with a table of examples and a folder of images, and a config with a population of each."""
    rows = [f"{i % 7},{i * i % 11},{('rose', 'tulip')[i % 2]}" for i in range(40)]
    (tmp_path / "flowers.csv").write_text("\n".join(["width,length,species", *rows]))
    for i in range(20):
        write(tmp_path / "images" / ("cat", "dog")[i % 2] / f"{i}.png", picture((10 * i, 0, 255), (8, 8)))
    small = {"training": {"networks": 4, "epochs": 1}, "generated": 2, "flow": {"alignments": []}}
    flowers = small | {"examples": {"file": "flowers.csv", "label": "species"}}
    pets = small | {
        "examples": {"folder": "images"},
        "architecture": {"kind": "cnn", "kernels": [3, 3, 2], "pools": [1, 1, 1]},
        "scale": "none",
    }
    return tmp_path, CONFIG | {"populations": {"flowers": flowers, "pets": pets}}


TASKS = tuple(f"results/populations/{name}/task.safetensors" for name in ("flowers", "pets"))


def test_examples_of_a_user_are_read_and_told(own_examples, run_snakemake):
    folder, config = own_examples
    result = run_snakemake(folder, config, *TASKS)
    assert result.returncode == 0, result.stdout
    for told in ("flowers.csv is read as:", "labels (2): rose (20), tulip (20)", "shape of an input: 3 × 8 × 8 (chan"):
        assert told in result.stdout
    flowers, pets = (read_task(folder / path) for path in TASKS)
    assert (flowers.labels, flowers.shape) == (("rose", "tulip"), (2,))
    assert (pets.labels, pets.shape) == (("cat", "dog"), (3, 8, 8))
    assert abs(flowers.training.inputs.mean()) < 1e-6
    assert (pets.training.inputs[:, 2] == 1).all()  # as it is in the images
    write(folder / "images" / "cat" / "20.png", picture((0, 0, 0), (8, 8)))
    planned = job_counts(run_snakemake(folder, config, *TASKS, flags=("--dry-run", "--verbose")).stdout)
    assert planned == {"check_examples": 1, "prepare_task": 1}


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("flowers.csv", "flowers.csv: no column 'species'; set label to one of width, length."),
        (
            "images/cat/x.png",
            "images/cat/x.png: the image has shape (9, 9, 3) and colours RGB; expected RGB or L, and the",
        ),
    ],
)
def test_bad_examples_are_refused_before_anything_is_trained(own_examples, run_snakemake, file, sentence):
    folder, config = own_examples
    write(folder / file, picture((0, 0, 0), (9, 9)) if file.endswith("png") else b"width,length\n1,2\n")
    result = run_snakemake(folder, config, "populations")
    assert result.returncode != 0
    assert f"Error: {sentence}" in result.stdout.splitlines()[-1]
    assert not list(folder.rglob("population.safetensors"))


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        (
            {"architecture": {"kind": "lenet5"}},
            "architecture: convolutions read images, and an input here has shape (2,); set kind: mlp.",
        ),
        (
            {"training": {"augment": "crop_flip"}},
            "training.augment: crop_flip is for images, and an input here is none; remove it.",
        ),
    ],
    ids=["architecture", "augmentation"],
)
def test_settings_that_do_not_fit_the_examples_are_refused(own_examples, run_snakemake, settings, sentence):
    folder, config = own_examples
    faulty = config["populations"]["flowers"] | settings
    result = run_snakemake(folder, config | {"populations": {"p": faulty}}, "populations")
    assert result.stdout.splitlines()[-1] == f"Error: populations.p.{sentence}"


def test_the_published_recipe_is_run_and_its_norms_are_named(run_snakemake, tmp_path):
    """Images of 8 × 8, a residual network, gradient descent, crops, early stopping, and norms of the test inputs."""
    for i in range(24):
        write(tmp_path / "images" / ("cat", "dog")[i % 2] / f"{i}.png", picture((10 * i, 0, 255), (8, 8)))
    recipe = {"optimiser": "sgd", "augment": "crop_flip", "clip": 1, "patience": 2, "checkpoints": [1]}
    own = {"examples": {"folder": "images"}, "architecture": {"kind": "resnet20"}, "split": {"stratified": True}}
    own |= {"training": {"networks": 4, "epochs": 3, **recipe}, "flow": {"alignments": []}, "generated": 2}
    metrics = "results/populations/p/seed0/metrics/generated-aligned.csv"
    result = run_snakemake(tmp_path, {"seeds": [0], "populations": {"p": own | {"norms": ["test"]}}}, metrics)
    assert result.returncode == 0, result.stdout
    sources = set(pd.read_csv(tmp_path / metrics)["source"])
    assert "trained" in sources
    assert all(name.endswith(" (norms of test inputs)") for name in sources - {"trained"})
    task = read_task(tmp_path / "results" / "populations" / "p" / "task.safetensors")
    assert all(
        abs(2 * part.labels.sum() - len(part.labels)) <= 1 for part in (task.training, task.validation, task.test)
    )


def test_a_population_of_nothing_known_is_refused(run_snakemake, tmp_path):
    config = CONFIG | {"populations": {"p": {"task": "irises"}}}
    result = run_snakemake(tmp_path, config, "populations", flags=("--dry-run",))
    assert result.returncode != 0
    assert "populations.p.task: unknown task 'irises'; did you mean 'iris'?" in result.stdout
