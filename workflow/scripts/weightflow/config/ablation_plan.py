"""The plan of an ablation study: variants of base models."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from weightflow.evaluation.ablation_table import BASE, Level
from weightflow.records.digests import settings_digest


def variants(config: Mapping[str, Any]) -> list[tuple[list[tuple[str, str]], dict[str, Any]]]:
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


def variant_name(chosen: Iterable[tuple[str, str]]) -> str:
    """Name of the variant with some (factor, level) pairs."""
    return "--".join(f"{factor}-{level}" for factor, level in chosen)


def is_studied(dataset: str, config: Mapping[str, Any]) -> bool:
    """Whether the ablation study, if there is one, is done on a data set."""
    studied = config["ablations"]["datasets"]
    return not studied or dataset in studied


def ablation_models(config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Models of the ablation study, by the names of their levels.

    Every factor is varied by itself from its base model; with `cross`, every combination of levels is a model.

    Args:
        config: complete, with defaults.

    Returns:
        Settings by name, `<factor>-<level>` (joined by '--' for combinations); none where no factor is given.
    """
    return {variant_name(chosen): model for chosen, model in variants(config)}


def models_on(dataset: str, config: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Every model that is fitted to a data set, the variants of an ablation study among them.

    Args:
        dataset: its name.
        config: complete, with defaults.
    """
    return config["models"] | (ablation_models(config) if is_studied(dataset, config) else {})


def ablation_levels(config: Mapping[str, Any]) -> list[Level]:
    """What the ablation study compares, the base models first.

    Args:
        config: complete, with defaults.

    Returns:
        The level of each base and of each variant. A variant shares the run of the model, or the earlier variant,
        that has the same settings, so a level that changes nothing is the base.
    """
    found = variants(config)
    bases = list(dict.fromkeys(_base_of(chosen[0][0], config) for chosen, _ in found))
    named: dict[str, str] = {}
    for name, model in [*((b, config["models"][b]) for b in bases), *config["models"].items()]:
        named.setdefault(settings_digest(model), name)
    levels = [Level(BASE, base, base, base) for base in bases]
    for chosen, model in found:
        factors, values = zip(*chosen, strict=True)
        run = named.setdefault(settings_digest(model), variant_name(chosen))
        levels.append(Level("--".join(factors), "--".join(values), _base_of(factors[0], config), run))
    return levels


def _base_of(factor: str, config: Mapping[str, Any]) -> str:
    study = config["ablations"]
    return study["bases"].get(factor) or study["base"] or next(iter(config["models"]))


def _merged(settings: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Settings with some of their nested keys replaced."""
    result = dict(settings)
    for key, value in patch.items():
        nested = isinstance(value, Mapping) and isinstance(result.get(key), Mapping)
        result[key] = _merged(result[key], value) if nested else value
    return result
