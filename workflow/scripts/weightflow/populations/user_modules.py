"""Modules of a user's: built by a function of a Python file, and checked against examples."""

import runpy
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from weightflow.errors import InputError, shown, unknown
from weightflow.populations.architectures.classifiers import Classifier, make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.architectures.torch_module import ModuleClassifier
from weightflow.populations.population import Population
from weightflow.populations.tasks.task import Task


def module_from(source: str) -> nn.Module:
    """The module that a function of a Python file builds.

    Args:
        source: `FILE.py:FUNCTION`; the file is run.

    Raises:
        InputError: the file or the function is missing, raises, or gives no module.
    """
    file, _, name = source.rpartition(":")
    if not file:
        raise InputError(f"networks.module: {shown(source)} names no file and function; write FILE.py:FUNCTION.")
    if not Path(file).is_file():
        raise InputError(f"networks.module: there is no file {shown(file)}; check the path.")
    beside = str(Path(file).parent.resolve())  # modules that it imports may lie beside it
    sys.path.insert(0, beside)
    try:
        found = runpy.run_path(file)
        if name not in found:
            own = [key for key, value in found.items() if callable(value) and not key.startswith("_")]
            raise InputError(f"networks.module: {file}: {unknown('function', name, own)}")
        built = found[name]()
    except InputError:
        raise
    except Exception as error:  # a user's file may raise anything
        raise InputError(f"networks.module: {source} raises {type(error).__name__} ({error}); mend it.") from error
    finally:
        sys.path.remove(beside)
    return as_module(built, source)


def as_module(built: Any, source: str) -> nn.Module:
    """What a function built, if it is a module; raises InputError otherwise."""
    if not isinstance(built, nn.Module):
        raise InputError(f"networks.module: {source} gives a {type(built).__name__} and no torch.nn.Module.")
    return built


def classifier_of(
    module: nn.Module | None, architecture: ArchitectureSettings, shape: Sequence[int], classes: int
) -> Classifier:
    """The classifier of networks: a user's module, or one of the catalogue."""
    return make_classifier(architecture, shape, classes) if module is None else ModuleClassifier(module, shape)


def classifier_of_population(population: Population, settings: Any, task: Task) -> Classifier:
    """The classifier of a population's networks, trained or loaded.

    Args:
        population: whose architecture was recognised, if it was loaded without a module.
        settings: the sections `architecture` and `networks`.
        task: of the networks.

    Raises:
        InputError: as `module_from`.
    """
    module = module_from(settings.networks.module) if settings.networks.module else None
    return classifier_of(module, population.architecture or settings.architecture, task.shape, task.classes)


def check_outputs(classifier: Classifier, weights: np.ndarray, inputs: np.ndarray, classes: int | None = None) -> None:
    """Refuse networks that do not take the inputs, or have another number of outputs than there are labels.

    Args:
        classifier: of the networks.
        weights: (N, P).
        inputs: (n, …) of the examples.
        classes: number of labels; None if it is unknown.

    Raises:
        InputError: as said.
    """
    shape = tuple(inputs.shape[1:])
    try:
        with torch.no_grad():
            said = classifier.logits(torch.as_tensor(weights[:1]), torch.as_tensor(inputs[:2]), BatchNorms())
    except (RuntimeError, ValueError, IndexError, TypeError) as error:
        raise InputError(
            f"networks.module: the networks do not take inputs of shape {shape} ({str(error).partition(chr(10))[0]}); "
            "give examples of the shape that they were trained on."
        ) from error
    if said.dim() != 3 or said.shape[-1] != (classes or said.shape[-1]):
        found = "one output each" if said.dim() < 3 else f"outputs of shape {tuple(said.shape[2:])}"
        raise InputError(
            f"networks: they have {found}, and the examples {classes or 'several'} labels; every output needs a label, "
            "so give the examples that they were trained on."
        )
