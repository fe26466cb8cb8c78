"""Settings of populations that do not fit together are refused in one sentence with file and key."""

import pytest

from weightflow.config.population_checks import check_population_files, check_populations
from weightflow.populations.autoencoders.registry import QUERIES
from weightflow.populations.settings import SNAPSHOT
from weightflow.populations.tasks.catalogue import input_shapes, read_catalogue


@pytest.fixture
def shapes(root):
    return input_shapes(read_catalogue(root / "resources" / "tasks.yaml"))


@pytest.fixture
def check(complete, shapes):
    def run(**settings) -> None:
        config = {
            "datasets": {"d": {"system": "epidemic"}, "cells": {"file": "cells.h5ad", "kind": "continuous"}},
            "populations": {"p": {**({} if "examples" in settings else {"task": "iris"}), **settings}},
        }
        config["populations"]["q"] = {"task": "iris"}
        whole = complete(config)
        check_populations(whole.populations, whole.datasets, shapes, "my.yaml")

    return run


def test_a_task_alone_is_enough(check):
    check()


def test_no_task_has_the_name_of_another_source_of_queries(shapes):
    assert not {*QUERIES, SNAPSHOT} & {*shapes}


def test_an_entry_of_the_catalogue_adds_a_task(complete, shapes):
    config = complete({"datasets": {"d": {"system": "epidemic"}}, "populations": {"p": {"task": "kmnist"}}})
    check_populations(config.populations, config.datasets, shapes | {"kmnist": (1, 28, 28)}, "my.yaml")


@pytest.mark.parametrize(
    "examples",
    [
        {"file": "a.csv", "label": "kind"},
        {"file": "a.csv", "label": "kind", "inputs": "width", "test_file": "b.parquet"},
        {"file": "a.npz"},
        {"file": "a.npz", "inputs": "x_train", "label": "y_train"},
        {"file": "train-images-idx3-ubyte.gz", "test_folder": "images"},
        {"folder": "a.csv"},
    ],
)
def test_examples_replace_a_task(check, examples):
    check(
        examples=examples,
        architecture={"kind": "cnn"},
        autoencoder={"structural": [1], "queries": {"from": ["noise", "wine"]}},
    )


def test_networks_are_asked_inputs_of_another_task_of_the_same_shape(check):
    check(task="mnist", autoencoder={"structural": [1], "queries": {"from": ["noise", "fashion_mnist"]}})


@pytest.mark.parametrize(
    "settings",
    [
        {"architecture": {"kind": "resnet20"}, "training": {"optimiser": "sgd", "momentum": 0.8}, "norms": ["test"]},
        {"architecture": {"kind": "vit"}, "training": {"dropout": 0.1}, "alignment": {"heads": "shared"}},
        {"architecture": {"kind": "cnn", "kernels": [3, 3, 2], "pools": [1, 1, 1]}, "split": {"stratified": True}},
    ],
    ids=["resnet20", "vit", "cnn"],
)
def test_published_recipes_of_images_are_taken(check, settings):
    check(task="digits", **({"training": {"augment": "crop_flip"}} | settings))


@pytest.mark.parametrize(
    ("size", "others"),
    [
        ({"task": "mnist"}, ["digits", "cifar10", "fashion_mnist"]),
        ({"task": "mnist", "crop": 20, "resize": 14}, ["digits", "stl10"]),
        ({"task": "cifar10"}, ["digits", "stl10", "mnist"]),
        ({"task": "iris"}, ["iris"]),
        ({"examples": {"folder": "mine"}, "resize": 9}, ["digits", "cifar10"]),
    ],
)
def test_queries_are_fitted_to_the_images_of_the_population(check, size, others):
    check(**size, autoencoder={"structural": [1], "queries": {"from": others}})


SNAPSHOTS = {"task": "snapshot", "architecture": {"kind": "gru"}}
CASES = {
    "an unknown task": ({"task": "irises"}, "task: unknown task 'irises'; did you mean 'iris'. allowed: .*, snapshot"),
    "nothing to learn from": ({"split": {"validation": 0.5, "test": 0.5}}, "split: shares of 0.5 .* leave nothing"),
    "convolutions of a table": ({"architecture": {"kind": "cnn"}}, "architecture.kind: cnn reads images"),
    "an unknown query": (
        {"autoencoder": {"structural": [1], "queries": {"from": ["nois"]}}},
        "autoencoder.queries.from: unknown name 'nois'; did you mean 'noise'",
    ),
    "queries of another shape": (
        {"autoencoder": {"structural": [1], "queries": {"from": ["training", "wine"]}}},
        r"autoencoder.queries.from: inputs of wine have shape \(13,\), the networks read \(4,\), and only images",
    ),
    "a variant's queries of another shape": (
        {"task": "mnist", "autoencoder": {"structural": [1], "variants": {"wines": {"queries": {"from": ["wine"]}}}}},
        "autoencoder.variants.wines.queries.from: inputs of wine have shape",
    ),
    "images for a table": (
        {"autoencoder": {"structural": [1], "queries": {"from": ["digits"]}}},
        r"autoencoder.queries.from: inputs of digits have shape \(1, 8, 8\), the networks read \(4,\)",
    ),
    "queries that are no states": (
        SNAPSHOTS | {"snapshot": {"dataset": "d"}, "autoencoder": {"structural": [1], "queries": {"from": ["digits"]}}},
        "autoencoder.queries.from: the networks read states, and inputs of digits are none; remove digits",
    ),
    "a table in another size": ({"resize": 8}, "resize: the inputs of iris are no images; remove the key"),
    "states in another size": (
        SNAPSHOTS | {"snapshot": {"dataset": "d"}, "resize": 8},
        "resize: the inputs of snapshot are no images",
    ),
    "more than there is": (
        {"task": "digits", "crop": 9},
        "crop: images of digits have 8 × 8 pixels, fewer; lower it",
    ),
    "queries that cannot be resized": (
        {
            "examples": {"folder": "mine"},
            "resize": 14,
            "autoencoder": {"structural": [1], "queries": {"from": ["wine"]}},
        },
        "autoencoder.queries.from: inputs of wine are no images and cannot be resized; remove wine",
    ),
    "kernels too few": (
        {"task": "digits", "architecture": {"kind": "cnn", "kernels": [3, 3]}},
        "architecture: there are 3 channels, 2 kernels and 3 pools",
    ),
    "a backbone of flowers": ({"architecture": {"kind": "gru"}}, "architecture.kind: gru does not fit the task iris"),
    "states for a perceptron": (
        {"task": "snapshot", "snapshot": {"dataset": "d"}},
        "architecture.kind: mlp does not fit the task snapshot",
    ),
    "no data set": (SNAPSHOTS, "snapshot.dataset: one of the data sets is needed"),
    "a data set of no use": ({"snapshot": {"dataset": "d"}}, "snapshot.dataset: the task has none"),
    "a time of no snapshots": ({"snapshot": {"time": 5}}, "snapshot.time: the task iris has no times"),
    "a checkpoint after the end": (
        {"training": {"epochs": 5, "checkpoints": [2, 7]}},
        "training.checkpoints: there are 5 epochs and no 7",
    ),
    "an unknown data set": (
        SNAPSHOTS | {"snapshot": {"dataset": "cell"}},
        "snapshot.dataset: unknown name 'cell'; did you mean 'cells'",
    ),
    "real values": (SNAPSHOTS | {"snapshot": {"dataset": "cells"}}, "snapshot.dataset: the states of cells are real"),
    "momentum of adam": (
        {"training": {"optimiser": "adam", "momentum": 0.5}},
        "training.momentum: adam has none; remove it, or set optimiser: sgd",
    ),
    "crops of a table": (
        {"training": {"augment": "crop_flip"}},
        "training.augment: crop_flip is for images, and an input here is none; remove it",
    ),
    "crops of states": (
        SNAPSHOTS | {"snapshot": {"dataset": "d"}, "training": {"augment": "crop_flip"}},
        "training.augment: crop_flip is for images",
    ),
    "dropout of a perceptron": (
        {"training": {"dropout": 0.1}},
        "training.dropout: mlp has no units to drop; remove it, or set kind: vit",
    ),
    "labels of states": (
        SNAPSHOTS | {"snapshot": {"dataset": "d"}, "split": {"stratified": True}},
        "split.stratified: the states of task: snapshot have no labels of their own; set false",
    ),
    "heads of a perceptron": (
        {"alignment": {"heads": "shared"}},
        "alignment.heads: mlp has no attention heads; remove it",
    ),
    "scales of tanh": (
        {"architecture": {"activation": "tanh"}, "alignment": {"balanced": True}},
        "alignment.balanced: the units of mlp with activation tanh cannot change their scale",
    ),
    "scales of a residual network": (
        {"task": "digits", "architecture": {"kind": "resnet20"}, "alignment": {"balanced": True}},
        "alignment.balanced: the units of resnet20 with activation relu cannot",
    ),
    "scales of networks from files": (
        {"networks": {"files": ["a.pt", "b.pt"]}, "alignment": {"balanced": True}},
        "alignment.balanced: is for networks that are trained here",
    ),
    "correction of nothing": (
        {"correction": {"steps": 5}},
        "correction: has no alignments; set alignments: .aligned., or remove the section",
    ),
    "frontier of one network": ({"frontier": 1}, "frontier: one network has no spread"),
    "heads of a module": (
        {"networks": {"files": ["a.pt", "b.pt"], "module": "nets.py:Net"}, "alignment": {"heads": "shared"}},
        "alignment.heads: is for networks of the catalogue, not of a module; remove it",
    ),
    "norms of a perceptron": ({"norms": ["test"]}, "norms: mlp has no batch norms; remove it"),
    "heads": (
        {"task": "digits", "architecture": {"kind": "vit", "hidden": 30}},
        "architecture: 4 heads do not divide the width 30",
    ),
    "components": (
        {"flow": {"components": 100}},
        "flow.components: 100 networks have at most 99 principal components, not 100",
    ),
    "a module without networks": (
        {"networks": {"module": "nets.py:Net"}},
        "networks: module and units are of networks from files; give files, too",
    ),
    "units of the catalogue": (
        {"networks": {"files": ["a.pt", "b.pt"], "units": [{"rows": ["0"]}]}},
        "networks.units: units of the catalogue's networks are known",
    ),
    "a module without its function": (
        {"networks": {"files": ["a.pt", "b.pt"], "module": "nets.py"}},
        "networks.module: nets.py names no file and function",
    ),
    "more components than files": (
        {"networks": {"files": ["a.pt", "b.pt"]}, "flow": {"components": 2}},
        "flow.components: 2 networks have at most 1 principal components",
    ),
    "heads of the auto-encoder": (
        {"autoencoder": {"structural": [1], "width": 30}},
        "autoencoder: 4 heads do not divide the width 30",
    ),
    "heads of a variant": (
        {"autoencoder": {"structural": [1], "variants": {"wide": {"width": 30}}}},
        "autoencoder.variants.wide: 4 heads do not divide the width 30",
    ),
    "an invalid variant": (
        {"autoencoder": {"structural": [1], "variants": {"wide": {"width": 0}}}},
        "autoencoder.variants: wide.width: 0 ",
    ),
    "a variant of all shares": (
        {"autoencoder": {"structural": [1], "variants": {"few": {"shares": [0.1, 0.1]}}}},
        "autoencoder.variants.few: shares is the same for all auto-encoders",
    ),
    "a window of one code": (
        {"autoencoder": {"structural": [1], "window": 4}},
        "autoencoder.window: one code for a network needs all of its tokens; remove it, or set codes: tokens",
    ),
    "a window of one code, of a variant": (
        {"autoencoder": {"structural": [1], "codes": "tokens", "window": 4, "variants": {"v": {"codes": "network"}}}},
        "autoencoder.variants.v.window: one code for a network",
    ),
    "a halo of no window": (
        {"autoencoder": {"structural": [1], "codes": "tokens", "halo": 4}},
        "autoencoder.halo: there is no window; set window, or remove it",
    ),
    "an unknown population": (
        {"autoencoder": {"structural": [1], "zoos": ["r"]}},
        "autoencoder.zoos: unknown population 'r'",
    ),
    "an unknown population for comparison": (
        {"autoencoder": {"structural": [1], "unfamiliar": ["r"]}},
        "autoencoder.unfamiliar: unknown population 'r'",
    ),
    "an unknown population of a variant": (
        {"autoencoder": {"structural": [1], "variants": {"both": {"zoos": ["r"]}}}},
        "autoencoder.variants.both.zoos: unknown population 'r'",
    ),
    "its own population": (
        {"autoencoder": {"structural": [1], "zoos": ["p"]}},
        "autoencoder.zoos: the auto-encoder is trained on p; remove it",
    ),
    "its own population for comparison": (
        {"autoencoder": {"structural": [1], "unfamiliar": ["p"]}},
        "autoencoder.unfamiliar: the auto-encoder is trained on p; remove it",
    ),
    "a population for both": (
        {"autoencoder": {"structural": [1], "zoos": ["q"], "unfamiliar": ["q"]}},
        "autoencoder.unfamiliar: the auto-encoder is trained on q; remove it",
    ),
    "an auto-encoder without weights of its loss": (
        {"autoencoder": {"preset": "published"}},
        r"autoencoder: has no structural, so no auto-encoder is trained; set structural: \[1, 0.1\], or remove the",
    ),
    "too few networks for the parts of an auto-encoder": (
        {"autoencoder": {"structural": [1], "shares": [0.8, 0.2]}},
        "autoencoder.shares: .* of 100 networks leave less than two networks for training or for the test",
    ),
}


OWN = {
    "a task and examples": (
        {"task": "iris", "examples": {"file": "a.npz"}},
        ": there are task: iris and examples; leave one of them out",
    ),
    "neither a task nor examples": ({"task": None}, ": there is neither a task nor examples; give task: NAME, or"),
    "a label of no file": ({"examples": {"label": "kind"}}, ".examples: neither of file and folder; give one of them"),
    "a file and a folder": (
        {"examples": {"file": "a.npz", "folder": "b"}},
        ".examples: both of file and folder; give one",
    ),
    "two test parts": (
        {"examples": {"file": "a.npz", "test_file": "b.npz", "test_folder": "b"}},
        ".examples: both of test_file and test_folder; give one of them",
    ),
    "an unknown suffix": ({"examples": {"file": "a.xlsx"}}, ".examples: a.xlsx: its suffix is not known; use .npz"),
    "an IDX file of another name": ({"examples": {"file": "a.gz"}}, ".examples: a.gz: a .gz must be an IDX file with"),
    "braces": ({"examples": {"file": "{a}.npz"}}, ".examples: {a}.npz has braces"),
    "a table without a label": (
        {"examples": {"file": "a.csv"}},
        ".examples: a.csv is a table with a row for each example; give the key label",
    ),
    "columns of images": (
        {"examples": {"folder": "a", "inputs": ["b"]}},
        ".examples.inputs: a is a folder with a subfolder of images for each label and has no such key; remove it",
    ),
    "a label among the inputs": (
        {"examples": {"file": "a.csv", "label": "kind", "inputs": ["width", "kind"]}},
        ".examples.inputs: kind is the label; remove it from the inputs",
    ),
    "backbones of examples": (
        {"examples": {"file": "a.npz"}, "architecture": {"kind": "gru"}},
        ".architecture.kind: gru does not fit the examples of a.npz; backbones",
    ),
    "times of examples": (
        {"examples": {"file": "a.npz"}, "snapshot": {"time": 5}},
        ".snapshot.time: the examples of a.npz has no times",
    ),
}


@pytest.mark.parametrize("case", OWN)
def test_examples_that_do_not_fit_are_refused(check, refused, case):
    settings, sentence = OWN[case]
    with refused(f"^my.yaml: populations.p{sentence}"):
        check(**settings)


def test_missing_examples_are_refused(complete, refused, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.npz", "images.gz"):
        (tmp_path / name).touch()

    def check(**examples) -> None:
        config = complete({"datasets": {"d": {"system": "epidemic"}}, "populations": {"p": {"examples": examples}}})
        check_population_files(config.populations, "my.yaml", [tmp_path / "conf"])

    check(file="a.npz", test_folder=".")
    with refused(
        r"^my.yaml: populations.p.examples: there is no file b.npz in the working folder .* nor in .*conf; che"
    ):
        check(file="a.npz", test_file="b.npz")
    with refused(r"there is no folder a.npz in the working folder"):
        check(folder="a.npz")
    with refused("there is no file labels.gz in the working folder"):
        check(file="images.gz")


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_refused(check, refused, case):
    settings, sentence = CASES[case]
    with refused(f"^my.yaml: populations.p.{sentence}"):
        check(**settings)


def test_a_variant_may_be_trained_on_what_is_unfamiliar_to_the_others(check):
    check(autoencoder={"structural": [1], "unfamiliar": ["q"], "variants": {"both": {"zoos": ["q"]}}})


def test_what_is_not_asked_for_is_not_checked(check):
    check(autoencoder={"structural": [], "width": 30}, flow={"alignments": [], "components": 1000})
