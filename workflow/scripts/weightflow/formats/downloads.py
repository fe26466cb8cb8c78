"""Downloads of files that a config names; a download is checked before it is put in place."""

import logging
import os
import shutil
import time
import urllib.error
import urllib.request
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from weightflow import limits
from weightflow.errors import InputError
from weightflow.storage import atomic, file_digest

_TIMEOUT = 60.0  # seconds without a byte
_CHUNK = 1 << 20
_REFUSED = range(400, 500)  # statuses that a second attempt would not change


def check_sum(path: str | Path, sha256: str, said_by: str) -> None:
    """Compare an existing file with its expected checksum.

    Raises:
        InputError: the file is missing or has another checksum.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    if (found := file_digest(path)) != sha256:
        raise InputError(f"{path}: its checksum is {found}, not the sha256 in {said_by}; get the right file.")


def fetch(url: str, path: str | Path, sha256: str | None, attempts: int = 3, wait: float = 5.0) -> str:
    """Download a file and put it in place if its checksum is right.

    Args:
        url: http, https, ftp or file.
        path: destination; an existing file is replaced only by a complete and checked one.
        sha256: expected checksum, in hexadecimal; None accepts any file.
        attempts: number of attempts.
        wait: seconds before the second attempt, twice as many before the third, and so on.

    Returns:
        Checksum of the file.

    Raises:
        InputError: the download failed or has another checksum; nothing is written.
    """
    with atomic(path) as temporary:
        for attempt in range(1, attempts + 1):
            try:
                found = _stream(url, temporary)
                break
            except InputError:
                raise
            except (OSError, HTTPException, ValueError) as error:
                final = isinstance(error, ValueError | FileNotFoundError) or getattr(error, "code", None) in _REFUSED
                logging.warning("%s: attempt %d: %s", url, attempt, error)
                if final or attempt == attempts:
                    reason = " ".join(str(error).split()) or type(error).__name__
                    raise InputError(
                        f"{url}: cannot be fetched ({reason}); check the key url and the network, or put the file at "
                        f"{path} yourself."
                    ) from error
                time.sleep(wait * 2 ** (attempt - 1))
        if sha256 is not None and found != sha256:
            raise InputError(
                f"{url}: the checksum of the download is {found}, not the key sha256's {sha256}; nothing was kept, so "
                f"check the url, or put the right file at {path} yourself."
            )
    return found


def _stream(url: str, path: Path) -> str:
    """Download a URL to a file; returns its checksum."""
    if url.startswith("file:") and not os.path.isfile(local := urllib.request.url2pathname(urlsplit(url).path)):
        raise FileNotFoundError(f"{local} is no file")  # a device or a pipe would never end
    most = min(limits.most_bytes(), shutil.disk_usage(path.parent).free)
    with urllib.request.urlopen(url, timeout=_TIMEOUT) as response, path.open("wb") as file:
        said = response.headers.get("Content-Length")
        expected = int(said) if said is not None and said.isascii() and said.isdigit() else None
        while (expected or 0) <= most and file.tell() <= most and (chunk := response.read(_CHUNK)):
            file.write(chunk)
        size = max(file.tell(), expected or 0)
        if size > most:
            raise InputError(
                f"{url}: has {size} bytes or more, and {most} is the most that fits the memory and the disk of this "
                "machine; check the key url."
            )
        size = file.tell()
    if expected is not None and size != expected:  # urllib itself does not notice an early end
        raise urllib.error.ContentTooShortError(f"{size} of {expected} bytes came", (str(path), response.headers))
    return file_digest(path)
