"""The name of a run, from its config files."""

import re
from collections.abc import Sequence
from pathlib import Path

from weightflow.errors import InputError, shown
from weightflow.settings import RUN_NAME, Plain
from weightflow.yaml_files import read_config

_UNNAMED = ("config", "settings")  # names of config files that give a run no name


def run_name(content: Plain, files: Sequence[Path]) -> str | None:
    """Name of a run; None for the default run, and for files called config or settings without the key.

    Args:
        content: of the config files, merged with `--config`.
        files: the config files, in order. The key `name` of the last one counts, or else the name of the file.

    Raises:
        InputError: the file's name cannot be that of a folder, or the file cannot be read.
    """
    given, own = content.get("name"), [read_config(file) for file in files]
    if not own or ("name" in content and all(file.get("name", ...) != given for file in own)):  # of --config
        return given
    if "name" in own[-1]:
        return own[-1]["name"]
    stem = files[-1].stem
    if stem in _UNNAMED:
        return None
    if not re.fullmatch(RUN_NAME, stem):
        raise InputError(
            f"{files[-1]}: a run has the name of its config file, and '{shown(stem)}' cannot become that of a folder "
            "(letters, digits, '_' and '-', 64 at most); add the key name, or rename the file."
        )
    return stem
