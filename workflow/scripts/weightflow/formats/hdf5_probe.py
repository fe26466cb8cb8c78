"""Test of an HDF5 file by a separate process, which may crash or be killed.

On some files with damaged internal tables (a heap object of size −16 is enough) the HDF5 library loops for ever or
reads outside of its memory, and Python cannot interrupt it.
"""

import subprocess
import sys
from pathlib import Path

from weightflow.errors import InputError
from weightflow.limits import most_bytes

_SECONDS = 60.0  # for a small file, which takes a tenth of one
_BYTES_A_SECOND = 1_000_000
_MOST = 10_000_000  # texts of a data set that are read
_LIBRARY = 2 * 2**30  # bytes of address space for Python and HDF5 themselves
_FULL = 3  # exit status of the trial if its memory does not suffice
_TRIAL = f"""
import sys
import h5py

try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[2]),) * 2)
except (ImportError, ValueError, OSError):
    pass  # another system, or less is allowed anyway

def attempt(thing):
    try:
        dict(thing.attrs)
        if isinstance(thing, h5py.Dataset) and thing.dtype.hasobject and thing.size <= {_MOST}:
            thing[()]
    except Exception as error:  # others are said where the file is read
        if isinstance(error, MemoryError) or "allocat" in str(error):
            sys.exit({_FULL})

def look(name, link):
    if isinstance(link, h5py.HardLink):
        names.append(name)

names = []
try:
    with h5py.File(sys.argv[1], "r") as file:
        attempt(file)
        file.visititems_links(look)
        for name in names:
            try:
                attempt(file[name])
            except Exception:
                pass
except Exception:
    pass
"""


def check_survives(path: Path, seconds: float = _SECONDS) -> None:
    """Refuse a file on which HDF5 crashes, hangs or runs out of memory.

    Args:
        path: the file; the targets of its links and virtual data sets are not opened.
        seconds: time limit for a small file.

    Raises:
        InputError: the library crashed, did not end in time, or needs too much memory for texts.
    """
    limit = seconds + path.stat().st_size / _BYTES_A_SECOND
    try:
        code = subprocess.run(
            [sys.executable, "-c", _TRIAL, str(path.absolute()), str(most_bytes() + _LIBRARY)],
            timeout=limit,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ).returncode
    except subprocess.TimeoutExpired as error:
        raise InputError(f"{path}: HDF5 does not end reading it, so it is damaged; write it again.") from error
    if code == _FULL:
        raise InputError(f"{path}: its texts would take more memory than half of this machine's; make them smaller.")
    if code < 0:
        raise InputError(f"{path}: HDF5 crashes reading it, so it is damaged; write it again.")
