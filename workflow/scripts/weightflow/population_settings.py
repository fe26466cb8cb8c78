"""The settings of populations, checked against their schema and completed: whether they fit together.

As of all settings, nothing here reads data or imports torch.
"""

from collections.abc import Mapping
from typing import Any

from weightflow.errors import InputError

OF_IMAGES = ("digits", "mnist", "fashion_mnist", "cifar10", "stl10", "svhn", "eurosat")  # tasks whose inputs are images
READING_IMAGES = ("cnn", "lenet5", "resnet20", "resnet18", "vit")  # architectures that take no others


def check_populations(populations: Mapping[str, Mapping[str, Any]], source: str) -> None:
    """Refuse settings of populations that are each allowed but do not fit together.

    Args:
        populations: by name, complete, with defaults.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    for name, settings in populations.items():
        where = f"{source}: populations.{name}"
        _check_split(settings["split"], f"{where}.split")
        _check_architecture(settings["architecture"], settings["task"], f"{where}.architecture")
        _check_flow(settings, f"{where}.flow")
        _check_autoencoder(settings, f"{where}.autoencoder")


def _check_split(split: Mapping[str, Any], where: str) -> None:
    if split["validation"] + split["test"] >= 1:
        raise InputError(
            f"{where}: shares of {split['validation']} for validation and {split['test']} for the test leave nothing "
            "to learn from; lower one of them."
        )


def _check_architecture(architecture: Mapping[str, Any], task: str, where: str) -> None:
    kind = architecture["kind"]
    if kind in READING_IMAGES and task not in OF_IMAGES:
        raise InputError(
            f"{where}.kind: {kind} reads images, and the inputs of {task} are none; set mlp, or task: one of "
            f"{', '.join(OF_IMAGES)}."
        )
    sizes = [len(architecture[key]) for key in ("channels", "kernels", "pools")]
    if kind == "cnn" and len(set(sizes)) > 1:
        raise InputError(
            f"{where}: there are {sizes[0]} channels, {sizes[1]} kernels and {sizes[2]} pools; give one of each for "
            "every convolution."
        )
    if kind == "vit" and architecture["width"] % architecture["heads"]:
        raise InputError(
            f"{where}: {architecture['heads']} heads do not divide the width {architecture['width']}; change one of "
            "them."
        )


def _check_flow(settings: Mapping[str, Any], where: str) -> None:
    networks, components = settings["training"]["networks"], settings["flow"]["components"]
    if settings["flow"]["alignments"] and components is not None and components >= networks:
        raise InputError(
            f"{where}.components: {networks} networks have at most {networks - 1} components, and {components} are "
            "asked for; lower it, or train more networks."
        )


def _check_autoencoder(settings: Mapping[str, Any], where: str) -> None:
    own, networks = settings["autoencoder"], settings["training"]["networks"]
    if not own["structural"]:
        return
    if own["width"] % own["heads"]:
        raise InputError(f"{where}: {own['heads']} heads do not divide the width {own['width']}; change one of them.")
    parts = [round(share * networks) for share in own["shares"]]
    if min(*parts, networks - sum(parts)) < 1:
        raise InputError(
            f"{where}.shares: {own['shares']} of {networks} networks leave a part without any; change them, or train "
            "more networks."
        )
