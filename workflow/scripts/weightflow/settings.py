"""The configuration, checked against its schema and completed with its defaults: what fits together, and names.

Nothing here reads data or imports torch, so that a wrong key is reported at once.
"""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from weightflow.errors import InputError
from weightflow.provenance import settings_digest
from weightflow.schema import unknown
from weightflow.storage import read_json
from weightflow.variable_order import variable_order

FILE_SUFFIXES = (".npy", ".csv", ".tsv")
BASE = "base"  # the factor that tables of ablations call a base model
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
        _check_model(settings, config["datasets"], systems, f"{source}: models.{name}")
    clash = set(config["models"]) & {*config["baselines"], "floor_bootstrap", "floor_independent"}
    if clash:
        raise InputError(f"{source}: models.{min(clash)} has the name of a baseline; rename the model.")
    if any(name.startswith("weights_") for name in config["baselines"]) and not config["models"]:
        raise InputError(f"{source}: baselines: weights_linear and weights_spline need the anchors of a model.")
    if (shown := config["figures"]["model"]) and shown not in config["models"]:
        raise InputError(f"{source}: figures.model: {unknown('model', shown, config['models'])}")


def check_ablations(config: Mapping[str, Any], source: str) -> None:
    """Refuse an ablation study that names what does not exist, or whose variants' names are taken.

    Args:
        config: complete, with defaults; `check_variants` checks the variants' own settings.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    study, models = config["ablations"], config["models"]
    where, factors = f"{source}: ablations", study["factors"]
    if study["base"] and study["base"] not in models:
        raise InputError(f"{where}.base: {unknown('model', study['base'], models)}")
    if study["cross"] and study["bases"]:
        raise InputError(f"{where}.bases: crossed factors change one model together; leave out bases, or cross.")
    for section in ("bases", "labels"):
        for factor in study[section]:
            if factor not in factors:
                raise InputError(f"{where}.{section}: {unknown('factor', factor, factors)}")
    for factor, base in study["bases"].items():
        if base not in models:
            raise InputError(f"{where}.bases.{factor}: {unknown('model', base, models)}")
    for dataset in study["datasets"] or []:
        if dataset not in config["datasets"]:
            raise InputError(f"{where}.datasets: {unknown('data set', dataset, config['datasets'])}")
    if BASE in factors:
        raise InputError(f"{where}.factors.{BASE}: this is what tables call the base model; rename the factor.")
    taken = {*models, *config["baselines"]}
    for chosen, _ in _variants(config):
        name = _variant_name(chosen)
        if name in taken:
            raise InputError(
                f"{where}.factors: a level of {chosen[0][0]} has the run {name}, and so has another level, a model or "
                "a baseline; rename one of them."
            )
        taken.add(name)


def check_variants(config: Mapping[str, Any], systems: Path, source: str) -> None:
    """Refuse variants of an ablation study whose settings do not fit together, or the data sets that it is done on.

    Args:
        config: complete, with defaults; the variants keep to the schema.
        systems: folder of the built-in systems.
        source: the config files' names.

    Raises:
        InputError: naming the file, the level (the combination, where they are crossed), the key and the fix.
    """
    datasets = {name: chosen for name, chosen in config["datasets"].items() if _is_studied(name, config)}
    for chosen, model in _variants(config):
        (factor, level), *further = chosen
        where = f"ablations: models.{_variant_name(chosen)}" if further else f"ablations.factors.{factor}.{level}"
        _check_model(model, datasets, systems, f"{source}: {where}")


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


def ablation_models(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Models of the ablation study, by the names of their levels.

    Every factor is varied by itself from its base model; with `cross`, every combination of levels is a model.

    Args:
        config: complete, with defaults.

    Returns:
        Settings by name, `<factor>-<level>` (joined by '--' for combinations); none where no factor is given.
    """
    return {_variant_name(chosen): model for chosen, model in _variants(config)}


def models_on(dataset: str, config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every model that is fitted to a data set, the variants of an ablation study among them.

    Args:
        dataset: its name.
        config: complete, with defaults.
    """
    return config["models"] | (ablation_models(config) if _is_studied(dataset, config) else {})


def ablation_levels(config: Mapping[str, Any]) -> list[tuple[str, str, str, str]]:
    """What the ablation study compares, the base models first.

    Args:
        config: complete, with defaults.

    Returns:
        (factor, level, base, model) of each base, whose factor is `BASE`, and of each variant; combinations have
        their factors and levels joined by '--'. A variant shares the run of the model, or the earlier variant, that
        has the same settings, so a level that changes nothing is the base.
    """
    variants = _variants(config)
    bases = list(dict.fromkeys(_base_of(chosen[0][0], config) for chosen, _ in variants))
    named: dict[str, str] = {}
    for name, model in [*((b, config["models"][b]) for b in bases), *config["models"].items()]:
        named.setdefault(settings_digest(model), name)
    levels = [(BASE, base, base, base) for base in bases]
    for chosen, model in variants:
        factors, values = zip(*chosen, strict=True)
        run = named.setdefault(settings_digest(model), _variant_name(chosen))
        levels.append(("--".join(factors), "--".join(values), _base_of(factors[0], config), run))
    return levels


def _is_studied(dataset: str, config: Mapping[str, Any]) -> bool:
    """Whether the ablation study, if there is one, is done on a data set."""
    studied = config["ablations"]["datasets"]
    return not studied or dataset in studied


def _variant_name(chosen: Iterable[tuple[str, str]]) -> str:
    return "--".join(f"{factor}-{level}" for factor, level in chosen)


def _base_of(factor: str, config: Mapping[str, Any]) -> str:
    study = config["ablations"]
    return study["bases"].get(factor) or study["base"] or next(iter(config["models"]))


def _variants(config: Mapping[str, Any]) -> list[tuple[list[tuple[str, str]], dict[str, Any]]]:
    """Every variant of the base models: its (factor, level) pairs, and its settings."""
    factors = config["ablations"]["factors"]
    if not factors or not config["models"]:
        return []
    levels = [[(factor, level) for level in named] for factor, named in factors.items()]
    crossed = config["ablations"]["cross"]
    combined = itertools.product(*levels) if crossed else ([level] for factor in levels for level in factor)
    found = []
    for chosen in combined:
        model = config["models"][_base_of(chosen[0][0], config)]
        for factor, level in chosen:
            model = _merged(model, factors[factor][level])
        found.append((list(chosen), model))
    return found


def _merged(settings: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with some of their nested keys replaced."""
    result = dict(settings)
    for key, value in patch.items():
        nested = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = _merged(result[key], value) if nested else value
    return result


def learns(model: Mapping[str, Any]) -> bool:
    """Whether a model learns from states: the learned spline, a field that begins there, or behavioural terms."""
    dynamics = model["dynamics"]
    return dynamics["kind"] == "spline" or dynamics["start"] == "spline" or model["training"]["behavioural"] > 0


def begins_at_spline(model: Mapping[str, Any]) -> bool:
    """Whether a model needs the learned spline."""
    return model["dynamics"]["kind"] == "spline" or model["dynamics"]["start"] == "spline"


def is_taught(model: Mapping[str, Any]) -> bool:
    """Whether a teacher shows a model states between the snapshots."""
    return learns(model) and bool(model["teacher"]["members"])


def chooses_steps(model: Mapping[str, Any]) -> bool:
    """Whether a validation split chooses for how many steps a field is fitted."""
    return model["dynamics"]["kind"] != "spline" and begins_at_spline(model)


def chooses_width(model: Mapping[str, Any]) -> bool:
    """Whether the backbone's width is one of several to choose from."""
    return isinstance(model["backbone"]["hidden"], list)


def chosen_backbone(settings: Mapping[str, Any], choice: str | Path | Iterable[str]) -> dict[str, Any]:
    """The `backbone` section with the width that was chosen for it, where it lists several.

    Args:
        settings: with a `backbone` section.
        choice: the choice's JSON file; nothing where the width is given.
    """
    if not choice:
        return dict(settings["backbone"])
    return settings["backbone"] | {"hidden": read_json(str(choice))["hidden"]}


def choice_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its width and smoothing are chosen with."""
    later = {"selection": ["every"], "spline": ["steps"]}  # of these sections, for the final fits alone
    return {
        section: {key: value for key, value in model[section].items() if key not in later.get(section, [])}
        for section in ("data", "backbone", "teacher", "spline", "selection")
    }


def anchor_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its anchors depend on."""
    own = {section: model[section] for section in ("data", "backbone", "anchors")}
    return own | choice_settings(model) if chooses_width(model) else own


def teacher_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its teacher depends on."""
    return {section: model[section] for section in ("data", "teacher")}


def spline_settings(model: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a model's settings that its learned spline depends on."""
    return anchor_settings(model) | choice_settings(model) | {"spline": model["spline"]}


def anchor_label(model: Mapping[str, Any]) -> str:
    """Folder name of a model's anchors; models with the same anchor settings share it."""
    settings = anchor_settings(model)
    width = "auto" if chooses_width(model) else settings["backbone"]["hidden"]
    kind, alignment = settings["backbone"]["kind"], settings["anchors"]["alignment"]
    return f"{kind}{width}-{alignment}-{settings_digest(settings)}"


def teacher_label(model: Mapping[str, Any]) -> str:
    """Folder name of a model's teacher, shared as anchors are."""
    return f"teacher-{settings_digest(teacher_settings(model))}"


def choice_label(model: Mapping[str, Any]) -> str:
    """Folder name of the choice of a model's width and smoothing, shared as anchors are."""
    return f"choice-{settings_digest(choice_settings(model))}"


def spline_label(model: Mapping[str, Any]) -> str:
    """Folder name of a model's learned spline, shared as anchors are."""
    return f"spline-{settings_digest(spline_settings(model))}"


def _check_model(
    settings: Mapping[str, Any], datasets: Mapping[str, Mapping[str, Any]], systems: Path, where: str
) -> None:
    """Check a model's settings, for the data sets that it is fitted to."""
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
