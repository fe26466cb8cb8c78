"""Checks of the current configuration against the settings saved with the results of its run and of shared stages."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from weightflow.baselines.registry import floors_of, is_model
from weightflow.config.consistency import is_path
from weightflow.data.folds import fold_of
from weightflow.errors import InputError
from weightflow.formats.reading import as_files
from weightflow.records.digests import input_digest
from weightflow.records.integrity import recorded
from weightflow.records.record import Record, read_record
from weightflow.settings import Plain
from weightflow.yaml_files import read_config

_BY_NAME = ("datasets", "models")  # sections with a subset allowed in the current configuration
_FREE = ("figures", "prediction", "populations", "seeds", "baselines")  # compared otherwise, or not at all
_PATHS = ("file", "start_from", "folder", "test_file", "test_folder")
_SHOWN = 3  # most settings named in a sentence


def check_saved(path: str | Path, config: Plain, where: str) -> None:
    """Refuse a configuration whose settings differ from those of the saved results.

    The configuration may name fewer data sets, models, baselines and seeds, and other figures. Keys missing from
    either side, as in results of another version, are not compared. The path of a system's file may differ.

    Args:
        path: settings written with the results; nothing is compared if the file is missing.
        config: complete, with defaults.
        where: the config files' names.

    Raises:
        InputError: settings differ; the sentence names them.
    """
    if not Path(path).is_file():
        return
    _refuse(list(_differences(read_config(path), config)), path, where)


def check_saved_populations(path: str | Path, asked: Plain, where: str) -> None:
    """Refuse populations whose settings differ from those of the saved ones; see `check_saved`.

    Args:
        path: settings written with the populations.
        asked: the section `populations`, complete.
        where: the config files' names.
    """
    if Path(path).is_file():
        _refuse(list(_named_differences(read_config(path), asked, ("populations",))), path, where)


def check_shared(root: Path, asked: Plain, where: str) -> None:
    """Refuse a configuration if shared results of its data sets, models or populations have other settings.

    Another config may have made them, with the same names. Each record has the settings of its own stage.

    Args:
        root: the results folder.
        asked: the configuration, complete, or some of its sections; `Plan.asked` has the variants of a study too.
        where: the config files' names.

    Raises:
        InputError: settings differ; the sentence names the first such result and its settings.
    """
    for path, record in recorded(root):
        if keys := list(_differing(_made_with(record, asked), asked)):
            raise InputError(
                f"{path}: was made with other settings than {where} has ({_some(keys)}), perhaps by another config; "
                "rename the data set, model or population here, or delete this file and run snakemake."
            )


def _made_with(record: Record, asked: Plain) -> dict[str, Any]:
    """The settings of a stage's result as sections of a configuration; empty if the configuration does not use it."""
    names, params = record.wildcards, record.params
    settings = params.get("settings", {})
    dataset, model = fold_of(names.get("dataset", "")).dataset, names.get("model", "")
    if "population" in names and "other" not in names:
        return {"populations": {names["population"]: settings}}
    if dataset not in asked.get("datasets", {}):
        return {}
    exact = {key: params[key] for key in ("max_states", "tolerance") if key in params}
    evaluation = {key: params[key] for key in ("samples", "joint_every") if key in params}
    match sorted(names):
        case ["dataset"]:
            return {"datasets": {dataset: settings}, "evaluation": {"exact": exact}}
        case ["dataset", "model"] | ["dataset", "model", "seed"] | ["dataset", "model", "place"]:
            if model in (*asked["models"], *asked["baselines"], *floors_of(second_part=True)):
                own = {"models": {model: settings}} if is_model(model) else {model: settings}
                return {"evaluation": evaluation, **own}
    return {}


def _refuse(keys: Sequence[str], path: str | Path, where: str) -> None:
    if keys:
        raise InputError(
            f"{path}: the results here were made with other settings than {where} has ({_some(keys)}); give the "
            "settings that they were made with, or move the results away."
        )


def _some(keys: Sequence[str]) -> str:
    return ", ".join(keys[:_SHOWN]) + (f" and {len(keys) - _SHOWN} more" if len(keys) > _SHOWN else "")


def check_sources(folder: str | Path, sources: Mapping[str, Sequence[Path]]) -> None:
    """Refuse saved results whose source files have changed; missing files are ignored.

    Args:
        folder: of the results.
        sources: by data set, its own files, then those of its system.

    Raises:
        InputError: naming the first changed file.
    """
    for dataset, files in sources.items():
        for artefact in ("source.json", "simulated.safetensors", "exact_law.safetensors"):
            record = read_record(Path(folder, dataset, artefact))
            digests = [] if record is None else record.params.get("contents", [])
            # The last digests of each record are those of the system's files.
            for file, digest in zip(reversed(files), reversed(digests), strict=False):
                if digest is not None and Path(file).is_file() and input_digest(file) != digest:
                    raise InputError(
                        f"{file}: has changed since the results of {dataset} were made from it; bring the file of then "
                        "back, or run snakemake first, which makes them anew."
                    )


def check_named(path: str | Path, config: Plain, where: str) -> None:
    """Refuse a configuration with data sets, models, baselines or seeds that the saved results lack.

    Arguments and exceptions as in `check_saved`.
    """
    saved = read_config(path) if Path(path).is_file() else config
    for section in (*_BY_NAME, "baselines", "seeds"):
        if unknown := [str(name) for name in config[section] if name not in saved.get(section, [])]:
            raise InputError(
                f"{where}: {section}: there are no results of {', '.join(unknown)} here ({path}); take them out, or "
                "run snakemake first."
            )


def _differences(saved: Plain, config: Plain) -> Iterator[str]:
    """Dotted names of the settings that differ."""
    yield from _named_differences(saved, config, _BY_NAME)
    rest = (*_BY_NAME, *_FREE, "ablations")
    before, now = ({k: v for k, v in part.items() if k not in rest} for part in (saved, config))
    yield from _differing(before, now)
    studies = [{k: v for k, v in part.get("ablations", {}).items() if k != "labels"} for part in (saved, config)]
    if all(study.get("base") for study in studies):  # both have a study
        yield from _differing(studies[0], studies[1], "ablations.")


def _named_differences(saved: Plain, config: Plain, sections: Sequence[str]) -> Iterator[str]:
    for section in sections:
        for name in sorted(saved.get(section, {}).keys() & config[section].keys()):
            yield from _differing(saved[section][name], config[section][name], f"{section}.{name}.")


def _differing(saved: Plain, now: Plain, before: str = "") -> Iterator[str]:
    for key in sorted(saved.keys() & now.keys()):
        old, new = saved[key], now[key]
        if old == new or (key == "system" and all(isinstance(s, str) and is_path(s) for s in (old, new))):
            continue
        if key in _PATHS and _same_files(as_files(old), as_files(new)):
            continue
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from _differing(old, new, f"{before}{key}.")
        else:
            yield f"{before}{key}"


def _same_files(saved: Sequence[str], now: Sequence[str]) -> bool:
    """Whether paths are equal, or one is the end of the other, as of a file beside the config that is not here now."""
    pairs = [(Path(a).parts, Path(b).parts) for a, b in zip(saved, now, strict=False)]
    ends = all(a[-len(b) :] == b or b[-len(a) :] == a for a, b in pairs if a and b)
    return len(saved) == len(now) and ends
