"""Checks of the uncertainty bands against the data sets and models of a configuration."""

from collections.abc import Mapping

from weightflow.anchors.registry import ALIGNMENTS
from weightflow.config.settings import Configuration
from weightflow.config.stages import listed_key
from weightflow.dynamics.settings import ModelSettings
from weightflow.errors import InputError, unknown


def check_bands(config: Configuration, source: str) -> None:
    """Refuse bands of unknown or continuous data sets, and of models without a suitable ensemble.

    Args:
        config: complete, with defaults.
        source: the config files' names.

    Raises:
        InputError: naming the file, the key and the fix.
    """
    datasets, models = config.datasets, config.models
    for name, settings in config.bands.items():
        where = f"{source}: bands.{name}"
        if name not in datasets:
            raise InputError(f"{where}: {unknown('data set', name, datasets)}")
        if datasets[name].kind != "discrete":
            raise InputError(
                f"{where}: bands are about the probabilities of counts, and {name} holds real values; take it out of "
                "bands."
            )
        if not models:
            raise InputError(f"{where}: there is no model whose networks the ensemble could have; add one to models.")
        if settings.model is not None and settings.model not in models:
            raise InputError(f"{where}.model: {unknown('model', settings.model, models)}")
        _check_model(models, settings.model or next(iter(models)), where)


def _check_model(models: Mapping[str, ModelSettings], name: str, where: str) -> None:
    if listed := listed_key(models[name].backbone):
        raise InputError(
            f"{where}.model: model {name} chooses its backbone (backbone.{listed} is a list), and the networks of "
            "an ensemble have one; give one value, or name another model."
        )
    if not ALIGNMENTS[alignment := models[name].anchors.alignment].common_start:
        pooled = [name for name, own in ALIGNMENTS.items() if own.common_start]
        raise InputError(
            f"{where}.model: the anchors of an ensemble start from one fit to all snapshots, and those of model {name} "
            f"do not (anchors.alignment: {alignment}); name a model whose alignment is {' or '.join(pooled)}."
        )
