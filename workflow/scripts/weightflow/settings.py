"""The configuration, checked against its schema and completed with its defaults: whether it fits together.

Nothing here reads data or imports torch, so that a wrong key is reported at once.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from weightflow.errors import InputError
from weightflow.schema import unknown
from weightflow.stages import chooses_width, learns
from weightflow.variable_order import variable_order

FILE_SUFFIXES = (".npy", ".csv", ".tsv")
SEPARATE_ALIGNMENTS = ("pooled", "rebasin", "none")  # whose anchors are trained without each other


def check_consistency(config: Mapping[str, Any], systems: Path, source: str) -> None:
    """Refuse settings that are each allowed but do not fit together, or name what does not exist.

    Args:
        config: complete, with defaults.
        systems: folder of the built-in systems.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    for name, settings in config["datasets"].items():
        _check_dataset(settings, systems, f"{source}: datasets.{name}")
    for name, settings in config["models"].items():
        check_model(settings, config["datasets"], systems, f"{source}: models.{name}")
    clash = set(config["models"]) & {*config["baselines"], "floor_bootstrap", "floor_independent"}
    if clash:
        raise InputError(f"{source}: models.{min(clash)} has the name of a baseline; rename the model.")
    if any(name.startswith("weights_") for name in config["baselines"]) and not config["models"]:
        raise InputError(f"{source}: baselines: weights_linear and weights_spline need the anchors of a model.")
    if (shown := config["figures"]["model"]) and shown not in config["models"]:
        raise InputError(f"{source}: figures.model: {unknown('model', shown, config['models'])}")


def check_systems(config: Mapping[str, Any], systems: Path, source: str) -> None:
    """Read the data sets' systems, and refuse those with a fault or with initial states that a data set cannot hold.

    Args:
        config: complete, with defaults.
        systems: folder of the built-in systems.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    from weightflow.systems import check_start, read_system  # takes most of a second, and every job reads the settings

    found = {path: read_system(path) for path in used_systems(config, systems)}
    for name, settings in config["datasets"].items():
        if settings["system"]:
            check_start(found[system_path(settings["system"], systems)], settings, f"{source}: datasets.{name}")


def check_model(
    settings: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], systems: Path, where: str
) -> None:
    """Refuse a model's settings that do not fit together, or not the data sets that it is fitted to.

    Args:
        settings: the model's, with defaults.
        datasets: their settings, by name.
        systems: folder of the built-in systems.
        where: the file and the key, for messages.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    dynamics = settings["dynamics"]
    if dynamics["width"] % dynamics["heads"]:
        raise InputError(
            f"{where}.dynamics: {dynamics['heads']} heads do not divide the width {dynamics['width']}; "
            "change one of them."
        )
    if chooses_width(settings) and not learns(settings):
        raise InputError(
            f"{where}.backbone.hidden: the size is chosen for models that learn from states, and this one learns "
            "from anchors alone; give one size, or set dynamics.start: spline or training.behavioural."
        )
    _check_backbone(settings["backbone"], datasets, systems, f"{where}.backbone")
    _check_anchors(settings["anchors"], f"{where}.anchors")
    _check_path(settings["path"], f"{where}.path")
    start = settings["training"]["start_from"]
    if start and not Path(start).is_file():
        raise InputError(f"{where}.training.start_from: there is no file {start}.")


def system_path(system: str, systems: Path) -> Path:
    """File of a system: a path as it is, a name from the built-in folder."""
    return Path(system) if system.endswith((".yaml", ".yml")) else systems / f"{system}.yaml"


def used_systems(config: Mapping[str, Any], systems: Path) -> list[Path]:
    """Files of the data sets' systems, each once."""
    names = [settings["system"] for settings in config["datasets"].values() if settings["system"]]
    return [system_path(name, systems) for name in dict.fromkeys(names)]


def heldout_amount(dataset: Mapping[str, Any]) -> float:
    """Held-out part of a data set: trajectories to simulate (1 or more), share of the file to split off, or 0."""
    if dataset["heldout"] is not None:
        return dataset["heldout"]
    return 1000 if dataset["system"] else 0.2


def _check_backbone(
    settings: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], systems: Path, where: str
) -> None:
    widths, heads = settings["hidden"], settings["heads"]
    for width in widths if isinstance(widths, list) else [widths]:
        if settings["kind"] == "transformer" and width % heads:
            raise InputError(f"{where}.hidden: {heads} heads do not divide the width {width}; change one of them.")
    for name, dataset in datasets.items():
        if isinstance(settings["order"], list) and (variables := _known_variables(dataset, systems)):
            variable_order(settings, variables, f"{where}.order, data set {name}")


def _known_variables(dataset: Mapping[str, Any], systems: Path) -> list[str] | None:
    """Names of a data set's variables, where the configuration tells them."""
    if dataset["file"]:
        return dataset["variables"]
    from weightflow.systems import read_system  # takes most of a second, and every job reads the settings

    return list(read_system(system_path(dataset["system"], systems)).species)


def _check_anchors(settings: Mapping[str, Any], where: str) -> None:
    alignment = settings["alignment"]
    if settings["jobs"] == "per_snapshot" and alignment not in SEPARATE_ALIGNMENTS:
        raise InputError(
            f"{where}.jobs: {alignment} anchors need each other in training, so they cannot be trained in jobs of "
            f"their own; set jobs: together, or alignment to one of {', '.join(SEPARATE_ALIGNMENTS)}."
        )


def _check_path(settings: Mapping[str, Any], where: str) -> None:
    decodes = settings["method"] == "autoencoder"
    if settings["behavioural"] and not decodes:
        raise InputError(
            f"{where}.behavioural: {settings['method']} decodes no weights that could be judged; set method: "
            "autoencoder, or behavioural: 0."
        )
    if decodes and not settings["structural"] and not settings["behavioural"]:
        raise InputError(f"{where}: both losses of the auto-encoder have weight 0; raise structural or behavioural.")


def _check_dataset(settings: Mapping[str, Any], systems: Path, where: str) -> None:
    file, system = settings["file"], settings["system"]
    if not file and not system:
        raise InputError(f"{where}: names neither a file nor a system; give one.")
    if file and not Path(file).is_file():
        raise InputError(f"{where}.file: there is no file {file}; check the path (README: your own data).")
    if file and Path(file).suffix not in FILE_SUFFIXES:
        raise InputError(f"{where}.file: the suffix of {file} is not known; use {', '.join(FILE_SUFFIXES)}.")
    if system and system.endswith((".xml", ".sbml")):
        raise InputError(
            f"{where}.system: {system} has no grid of times; name it in a .yaml of kind sbml "
            "(resources/systems/README.md), and give that."
        )
    if system and not system_path(system, systems).is_file():
        known = sorted(path.stem for path in systems.glob("*.yaml"))
        raise InputError(f"{where}.system: {unknown('system', system, known)}")
    amount = heldout_amount(settings)
    if amount >= 1 and (amount != int(amount) or not system):
        raise InputError(
            f"{where}.heldout: {amount} is a number of trajectories to simulate, which needs a system and a whole "
            "number; give a fraction below 1 to split the file."
        )
    if 0 < amount < 1 and not file:
        raise InputError(
            f"{where}.heldout: {amount} is a fraction, but there is no file to split; give a whole number."
        )
    if settings["reference"] == "heldout" and amount == 0:
        raise InputError(f"{where}.reference: there is no held-out part; set reference: training.")
    if settings["states"] and settings["states"] > settings["max_states"]:
        raise InputError(
            f"{where}.states: {settings['states']} is above max_states {settings['max_states']}; raise it."
        )
