"""Paths in a configuration: `~` is the home folder, relative paths start in the working folder or beside the config."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from weightflow.config.settings import Configuration
from weightflow.dynamics.settings import ModelSettings
from weightflow.formats.reading import as_files
from weightflow.populations.settings import LoadedSettings, PopulationSettings
from weightflow.systems.entries import is_path

_OF_MODELS = (("training", "start_from"), ("released", "folder"))  # sections and keys of paths
_OF_EXAMPLES = ("file", "folder", "test_file", "test_folder")


def located(config: Configuration, folders: Sequence[Path]) -> Configuration:
    """A configuration whose paths lead to the files from the working folder; those of missing files stay as they are.

    Args:
        config: with paths of data files and systems, and of models.
        folders: of the config files.
    """

    def found(path: str) -> str:
        return find(path, folders)

    def started(settings: Mapping[str, Any]) -> dict[str, Any]:
        changes = dict(settings)
        for section, key in _OF_MODELS:
            own = settings.get(section)
            if isinstance(own, Mapping) and isinstance(path := own.get(key), str):
                changes[section] = {**own, key: found(path)}
        return changes

    def begun(model: ModelSettings) -> ModelSettings:
        changes = {}
        for section, key in _OF_MODELS:
            own = getattr(model, section)
            if path := getattr(own, key):
                changes[section] = own.but(**{key: found(path)})
        return model.but(**changes) if changes else model

    datasets = {}
    for name, dataset in config.datasets.items():
        changes: dict[str, Any] = {}
        if dataset.file:
            file = dataset.file
            changes["file"] = found(file) if isinstance(file, str) else tuple(map(found, as_files(file)))
        if dataset.system and is_path(dataset.system):
            changes["system"] = found(dataset.system)
        if dataset.score:
            changes["score"] = found(dataset.score)
        datasets[name] = dataset.but(**changes)
    models = {name: begun(model) for name, model in config.models.items()}
    factors = {
        factor: {level: started(changes) for level, changes in levels.items()}
        for factor, levels in config.ablations.factors.items()
    }
    return config.but(
        datasets=datasets,
        models=models,
        ablations=config.ablations.but(factors=factors),
        populations=located_populations(config.populations, folders),
    )


def located_populations(
    populations: Mapping[str, PopulationSettings], folders: Sequence[Path]
) -> dict[str, PopulationSettings]:
    """Populations whose users' examples and networks are at paths as in `located`."""
    found = {}
    for name, settings in populations.items():
        given = {key: path for key in _OF_EXAMPLES if (path := getattr(settings.examples, key))}
        changes = {key: os.path.normpath(find(path, folders)) for key, path in given.items()}
        own = settings.but(examples=settings.examples.but(**changes)) if changes else settings
        found[name] = own.but(networks=_located_networks(own.networks, folders))
    return found


def _located_networks(networks: LoadedSettings, folders: Sequence[Path]) -> LoadedSettings:
    """Networks whose files and module are at paths as in `located`; a pattern has those of its folder."""

    def there(path: str) -> str:
        folder, name = os.path.split(path)
        is_pattern = any(sign in name for sign in "*?[")
        return os.path.join(find(folder or ".", folders), name) if is_pattern else os.path.normpath(find(path, folders))

    changes: dict[str, Any] = {}
    if files := networks.files:
        changes["files"] = there(files) if isinstance(files, str) else tuple(map(there, files))
    if networks.module and (colon := networks.module.rpartition(":"))[0]:
        changes["module"] = f"{os.path.normpath(find(colon[0], folders))}:{colon[2]}"
    return networks.but(**changes) if changes else networks


def find(path: str, folders: Sequence[Path]) -> str:
    """A path that leads to its file from the working folder; the path itself if the file is missing everywhere.

    Args:
        path: as the user wrote it.
        folders: where a relative path is tried after the working folder.
    """
    path = os.path.expanduser(path)
    if os.path.isabs(path) or os.path.lexists(path):
        return path
    for folder in folders:
        if os.path.exists(there := os.path.join(os.path.abspath(folder), path)):
            inside = os.path.relpath(there)
            return there if inside.startswith(os.pardir) else inside
    return path


def missing(path: str, folders: Sequence[Path]) -> str:
    """Start of a sentence about a missing file: the places where it was looked for."""
    if os.path.isabs(path):
        return f"there is no file {path}"
    working = os.path.abspath(".")
    places = [folder for place in folders if (folder := os.path.abspath(place)) != working]
    beside = f" nor in the config's folder {' or '.join(dict.fromkeys(places))}" if places else ""
    return f"there is no file {path} in the working folder {working}{beside}"
