"""The systems that come with the project."""

from pathlib import Path

from weightflow.errors import InputError, unknown
from weightflow.systems.entries import is_path

BUILTIN = Path(__file__).with_name("files")  # a link to resources/systems, so that a package holds them


def find_system(system: str) -> Path:
    """File of a system, by its path or by the name of a built-in one.

    Raises:
        InputError: no built-in system has the name.
    """
    if is_path(system):
        return Path(system)
    known = sorted(path.stem for path in BUILTIN.glob("*.yaml"))
    if system not in known:
        raise InputError(f"system: {unknown('system', system, known)}")
    return BUILTIN / f"{system}.yaml"
