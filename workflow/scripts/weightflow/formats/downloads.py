"""Downloads of files that a config names; a download is checked before it is put in place."""

import gzip
import hashlib
import logging
import os
import shutil
import time
import urllib.error
import urllib.request
import zlib
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from weightflow import limits
from weightflow.errors import InputError
from weightflow.storage import atomic, file_digest

_TIMEOUT = 60.0  # seconds without a byte
_CHUNK = 1 << 20
_REFUSED = range(400, 500)  # statuses that a second attempt would not change
_MOST_UNPACKED = 1 << 36  # bytes of content that are compared with a checksum; a small file may hold far more


def check_sum(path: str | Path, sha256: str, said_by: str, content_sha256: str | None = None) -> None:
    """Compare an existing file with its expected checksum.

    Compressing a file anew changes its checksum, and not that of its content. So the content of a `.gz` may have
    either checksum.

    Args:
        path: the file.
        sha256: expected checksum of the file or of its unpacked content, in hexadecimal.
        said_by: where the checksum stands, for messages.
        content_sha256: expected checksum of its unpacked content, if that of the file is another one.

    Raises:
        InputError: the file is missing, or has another checksum and other content.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: there is no such file.")
    if (found := file_digest(path)) != sha256 and content_digest(path) not in (sha256, content_sha256 or sha256):
        raise InputError(f"{path}: its checksum is {found}, not the sha256 in {said_by}; get the right file.")


def content_digest(path: str | Path) -> str | None:
    """SHA-256 of the unpacked content of a `.gz`, in hexadecimal; None for other, damaged and endless files."""
    digest, size = hashlib.sha256(), 0
    try:
        with gzip.open(path) as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if size > _MOST_UNPACKED:
                    return None
    except (OSError, EOFError, zlib.error):
        return None
    return digest.hexdigest()


def fetch(url: str, path: str | Path, sha256: str | None, attempts: int = 3, wait: float = 5.0) -> str:
    """Download a file and put it in place if its checksum is right.

    Args:
        url: http, https, ftp or file.
        path: destination; an existing file is replaced only by a complete and checked one.
        sha256: expected checksum of the file or of the unpacked content of a `.gz`, in hexadecimal; None accepts any
            file.
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
        if sha256 not in (None, found) and content_digest(temporary) != sha256:
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
