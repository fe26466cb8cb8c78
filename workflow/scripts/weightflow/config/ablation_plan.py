"""The plan of an ablation study: variants of base models."""

import itertools
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from weightflow.config.settings import Configuration
from weightflow.dynamics.presets import expand
from weightflow.dynamics.settings import ModelSettings
from weightflow.evaluation.ablation_level import BASE, Level
from weightflow.settings import Plain, merged


class Variant(NamedTuple):
    """A base model with some settings changed.

    Attributes:
        chosen: (factor, level) pairs.
        model: its settings.
    """

    chosen: tuple[tuple[str, str], ...]
    model: ModelSettings


def variants(config: Configuration, source: str = "ablations") -> list[Variant]:
    """Every variant of the base models.

    Args:
        config: complete, with defaults.
        source: the config files' names, for messages.

    Raises:
        InputError: a level has an unknown setting; the sentence names level and key.
    """
    factors = config.ablations.factors
    if not factors or not config.models:
        return []
    levels = [[(factor, level) for level in named] for factor, named in factors.items()]
    crossed = config.ablations.cross
    combined = itertools.product(*levels) if crossed else ([level] for factor in levels for level in factor)
    found = []
    for chosen in combined:
        settings = config.models[_base_of(chosen[0][0], config)].plain()
        for factor, level in chosen:
            settings = merged(settings, expand(factors[factor][level]))
        found.append(Variant(tuple(chosen), ModelSettings.of(settings, source, variant_key(chosen))))
    return found


def variant_key(chosen: Sequence[tuple[str, str]]) -> str:
    """Key of a variant in the config: its level, or for a combination the name of the model."""
    (factor, level), *further = chosen
    return f"ablations: models.{variant_name(chosen)}" if further else f"ablations.factors.{factor}.{level}"


def variant_name(chosen: Iterable[tuple[str, str]]) -> str:
    """Name of the variant with some (factor, level) pairs."""
    return "--".join(f"{factor}-{level}" for factor, level in chosen)


def is_studied(dataset: str, config: Configuration) -> bool:
    """Whether the ablation study includes a data set; False without a study."""
    studied = config.ablations.datasets
    return not studied or dataset in studied


def ablation_models(config: Configuration) -> dict[str, ModelSettings]:
    """Models of the ablation study, by the names of their levels.

    Each factor is varied alone from its base model; with `cross`, every combination of levels is a model.

    Args:
        config: complete, with defaults.

    Returns:
        Settings by name, `<factor>-<level>` (joined by '--' for combinations); empty without factors.
    """
    return {variant_name(chosen): model for chosen, model in variants(config)}


def models_on(dataset: str, config: Configuration) -> dict[str, ModelSettings]:
    """Every model that is fitted to a data set, with the variants of the ablation study.

    Args:
        dataset: its name.
        config: complete, with defaults.
    """
    return config.models | (ablation_models(config) if is_studied(dataset, config) else {})


def ablation_levels(config: Configuration) -> list[Level]:
    """Levels of the ablation study, the base models first.

    Args:
        config: complete, with defaults.

    Returns:
        The level of each base and of each variant. A variant with the settings of a model or of an earlier variant
        shares its run, so a level that changes nothing is the base.
    """
    found = variants(config)
    bases = list(dict.fromkeys(_base_of(chosen[0][0], config) for chosen, _ in found))
    named: dict[ModelSettings, str] = {}
    for name, model in [*((b, config.models[b]) for b in bases), *config.models.items()]:
        named.setdefault(model, name)
    levels = [Level(BASE, base, base, base) for base in bases]
    for chosen, model in found:
        factors, values = zip(*chosen, strict=True)
        run = named.setdefault(model, variant_name(chosen))
        levels.append(Level("--".join(factors), "--".join(values), _base_of(factors[0], config), run))
    return levels


def share_alone(changes: Plain) -> float | None:
    """The share of the training states that a level sets, 1 if it changes nothing; None if it changes anything else."""
    if not changes:
        return 1.0
    data = changes.get("data")
    return float(data["share"]) if len(changes) == 1 and isinstance(data, dict) and set(data) == {"share"} else None


def _base_of(factor: str, config: Configuration) -> str:
    study = config.ablations
    return study.bases.get(factor) or study.base or next(iter(config.models))
