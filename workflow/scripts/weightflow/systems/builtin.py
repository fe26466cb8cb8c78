"""The systems that come with the project."""

from pathlib import Path

from weightflow.errors import InputError, unknown
from weightflow.systems.entries import is_path

BUILTIN = Path(__file__).with_name("files")  # a link to resources/systems, so that a package holds them


def system_file(system: str, folder: Path = BUILTIN) -> Path:
    """File of a system, by its path or by the name of one in a folder."""
    return Path(system) if is_path(system) else folder / f"{system}.yaml"


def find_system(system: str, where: str = "system", folder: Path = BUILTIN) -> Path:
    """`system_file`, where a name must be one of those in the folder.

    Raises:
        InputError: naming where the system is named, if no system of the folder has the name.
    """
    found = system_file(system, folder)
    if not is_path(system) and not found.is_file():
        known = sorted(path.stem for path in folder.glob("*.yaml"))
        raise InputError(f"{where}: {unknown('system', system, known)}")
    return found
