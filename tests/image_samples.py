"""Small files of every image format, written byte by byte from the formats' specifications."""

import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.io import savemat

RED = (255, 0, 0)


def examples(number: int, shape: tuple[int, ...], classes: int = 10) -> tuple[np.ndarray, np.ndarray]:
    """Bytes (N, C, H, W) and labels (N,), of which each class has some."""
    draws = np.random.default_rng(number)
    return draws.integers(0, 256, (number, *shape), dtype=np.uint8), np.arange(number) % classes


def idx(array: np.ndarray) -> bytes:
    """An IDX file of bytes, compressed."""
    return gzip.compress(struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape) + array.tobytes())


def tar(members: Mapping[str, bytes], **about: Any) -> bytes:
    """A .tar.gz of files, all of whose headers say something more of them."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            for key, value in about.items():
                setattr(info, key, value)
            archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def cifar_rows(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    return b"".join(bytes([label]) + image.tobytes() for image, label in zip(pixels, labels, strict=True))


def cifar(training: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> bytes:
    """The training part in five batches, the last one first."""
    batches = zip(*(np.array_split(own, 5) for own in training), strict=True)
    files = {f"cifar-10-batches-bin/data_batch_{i}.bin": cifar_rows(*own) for i, own in enumerate(batches, 1)}
    files = dict(reversed(files.items())) | {"cifar-10-batches-bin/readme.html": b"<html>"}
    return tar(files | {"cifar-10-batches-bin/test_batch.bin": cifar_rows(*test)})


def stl(training: tuple[np.ndarray, np.ndarray], test: tuple[np.ndarray, np.ndarray]) -> bytes:
    """Pixels by image, channel, column and row; labels from 1 on."""
    files = {"stl10_binary/unlabeled_X.bin": bytes(3 * 96 * 96)}
    for name, (pixels, labels) in (("test", test), ("train", training)):
        n, c, y, x = np.indices(pixels.shape)
        content = np.empty(pixels.size, np.uint8)
        content[n * 27648 + c * 9216 + x * 96 + y] = pixels
        files[f"stl10_binary/{name}_X.bin"] = content.tobytes()
        files[f"stl10_binary/{name}_y.bin"] = bytes(label + 1 for label in labels.tolist())
    return tar(files)


def mat(packed: bool = True, **variables: Any) -> bytes:
    file = io.BytesIO()
    savemat(file, variables, do_compression=packed)
    return file.getvalue()


def svhn(pixels: np.ndarray, labels: np.ndarray, packed: bool = True, kind: Any = np.uint8) -> bytes:
    """X[y, x, c, n], and 10 for the digit 0."""
    n, c, y, x = np.indices(pixels.shape)
    found = np.empty((*pixels.shape[2:], pixels.shape[1], len(pixels)), np.uint8)
    found[y, x, c, n] = pixels
    return mat(packed, X=found, y=np.where(labels == 0, 10, labels)[:, None].astype(kind))


def picture(pixels: np.ndarray | tuple[int, int, int], size: tuple[int, int] = (2, 2), kind: str = "PNG") -> bytes:
    """An image file of pixels (3, H, W), or of one colour."""
    if isinstance(pixels, tuple):
        image = Image.new("RGB", size, pixels)
    else:
        image = Image.new("RGB", pixels.shape[:0:-1])
        for y, x in np.ndindex(*pixels.shape[1:]):
            image.putpixel((x, y), tuple(pixels[:, y, x].tolist()))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def zipped(members: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def folders(pixels: np.ndarray, labels: np.ndarray) -> bytes:
    """Images in folders with names in the order of the labels; those of the last class come first."""
    names = [f"2750/class{label}/{i:03}.png" for i, label in enumerate(labels)]
    return zipped({"2750/": b""} | {name: picture(own) for name, own in reversed([*zip(names, pixels, strict=True)])})


def write(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path
