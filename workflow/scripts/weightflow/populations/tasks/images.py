"""Labelled images in their authors' files: IDX, CIFAR and STL binaries, MATLAB arrays, folders of images.

Archives are read in place; the size of their content is compared with the memory before it is unpacked.
"""

import gzip
import io
import lzma
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from math import prod
from pathlib import Path
from typing import IO, NamedTuple

import numpy as np
from PIL import Image
from scipy.io import loadmat, whosmat

from weightflow.errors import InputError, shown
from weightflow.limits import check_array, check_bytes
from weightflow.populations.tasks.catalogue import DataSet
from weightflow.populations.tasks.registry import IMAGE_FORMATS
from weightflow.populations.tasks.tar_members import BLOCK, is_plain, pass_over, read_exactly, read_header
from weightflow.populations.tasks.task import Labelled

_DAMAGED = (
    *(OSError, EOFError, ValueError, TypeError, ArithmeticError, LookupError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, SyntaxError, Image.DecompressionBombError),
)
_PIXEL = 1 + 4  # bytes of a pixel, in the file and as float32

_IDX_BYTES = b"\0\0\x08"  # first bytes of a file of bytes; the number of axes follows

_MOST_UNPACKED = 1 << 34  # largest number of unpacked bytes of a .tar.gz; STL-10 has 3.2 · 10⁹

CIFAR_FILES = {"training": tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test": ("test_batch.bin",)}
_CIFAR_SHAPE = (3, 32, 32)

STL_FILES = {"training": ("train_X.bin", "train_y.bin"), "test": ("test_X.bin", "test_y.bin")}
_STL_SHAPE = (3, 96, 96)

_MAT_HEAD = 128  # bytes
_MAT_ORDERS = {b"\0\x01IM": "<", b"\x01\0MI": ">"}  # version 5 in either order of bytes
_MAT_MATRIX, _MAT_PACKED = 14, 15
# Allowed types of an array's parts: flags, shape, name and numbers.
_MAT_PARTS = ((6,), (5,), (1,), (1, 2, 3, 4, 5, 6, 7, 9, 12, 13))
_MAT_COMPLEX = 0x800  # a flag
_MAT_CLASSES = {"X": ("uint8",), "y": ("uint8", "double")}

_SUFFIXES = (".png", ".jpg", ".jpeg")
_LARGEST_IMAGE = 1 << 26  # bytes of a file
_COLOUR, _ANY = ("RGB",), ("RGB", "L")  # colours of images, by Pillow's names; L is grey


@dataclass(frozen=True)
class ClassedImages:
    """Images of folders.

    Attributes:
        images: labels number the classes in the order of their names.
        classes: the folders' names.
        ignored: number of files that are no images.
    """

    images: Labelled
    classes: list[str]
    ignored: int = 0


def read_parts(data_set: DataSet) -> tuple[Labelled, Labelled | None]:
    """The labelled images of a data set without the test part, and the authors' test part, if they name one.

    Raises:
        InputError: a file is missing or damaged, or its images differ from the catalogue.
    """
    files = {use: source.path for use, source in data_set.files.items()}
    parts = IMAGE_FORMATS[data_set.format].read.load()(files)
    for part in parts:
        shape, classes = part.inputs.shape[1:], int(part.labels.max()) + 1
        if shape != data_set.shape or classes > data_set.classes:
            raise InputError(
                f"{', '.join(map(str, files.values()))}: images have shape {shape} and {classes} labels, and the "
                f"catalogue says {data_set.shape} and {data_set.classes}; take the authors' files, or correct it."
            )
    return parts[0], parts[1] if len(parts) > 1 else None


def idx_parts(files: Mapping[str, Path]) -> list[Labelled]:
    """The training and the test part of IDX files."""
    return [read_idx(files[f"{part} images"], files[f"{part} labels"]) for part in ("training", "test")]


def cifar_parts(files: Mapping[str, Path]) -> list[Labelled]:
    """The training and the test part of CIFAR-10."""
    return [read_cifar(files["archive"], part) for part in CIFAR_FILES]


def stl_parts(files: Mapping[str, Path]) -> list[Labelled]:
    """The training and the test part of STL-10."""
    return [read_stl(files["archive"], part) for part in STL_FILES]


def svhn_parts(files: Mapping[str, Path]) -> list[Labelled]:
    """The training and the test part of SVHN."""
    return [read_svhn(files[part]) for part in ("training", "test")]


def folders_parts(files: Mapping[str, Path]) -> list[Labelled]:
    """All images of an archive of folders."""
    return [read_folders(files["archive"])]


def read_idx(images: str | Path, labels: str | Path) -> Labelled:
    """Read grey images (N, H, W) and their labels (N,), each in a compressed file (`.gz`) of its own.

    Returns:
        Inputs (N, 1, H, W).

    Raises:
        InputError: a file is missing, damaged, of another kind or too large, or the two do not fit.
    """
    pixels, numbers = _read_idx(Path(images), 3), _read_idx(Path(labels), 1)
    return _labelled(pixels[:, None], numbers, f"{images}, {labels}")


def read_cifar(archive: str | Path, part: str) -> Labelled:
    """Read CIFAR-10 from its binary version, a `.tar.gz`; the one for Python holds pickles.

    Args:
        archive: the file.
        part: training or test.

    Returns:
        Inputs (N, 3, 32, 32).

    Raises:
        InputError: the file is missing, damaged or too large, or not the binary version.
    """
    content = b"".join(_unpack(Path(archive), CIFAR_FILES[part]))
    rows = _rows(content, 1 + prod(_CIFAR_SHAPE), f"{archive}: the {part} part")
    return _labelled(rows[:, 1:].reshape(-1, *_CIFAR_SHAPE), rows[:, 0], f"{archive}")


def read_stl(archive: str | Path, part: str) -> Labelled:
    """Read the labelled images of STL-10 from its `.tar.gz`, where they are stored column by column.

    Args:
        archive: the file.
        part: training or test.

    Returns:
        Inputs (N, 3, 96, 96).

    Raises:
        InputError: the file is missing, damaged or too large, lacks the part, or has other labels than 1 to 10.
    """
    of_pixels, of_labels = STL_FILES[part]
    pixels, numbers = _unpack(Path(archive), STL_FILES[part])
    rows = _rows(pixels, prod(_STL_SHAPE), f"{archive}: {of_pixels}")
    labels = np.frombuffer(numbers, np.uint8)
    _check_labels(labels, f"{archive}: {of_labels}")
    return _labelled(rows.reshape(-1, *_STL_SHAPE).swapaxes(2, 3), labels.astype(np.int64) - 1, f"{archive}")


def read_svhn(path: str | Path) -> Labelled:
    """Read SVHN's cropped digits: a MATLAB file of version 5 with X (H, W, 3, N) and y (N, 1), where 10 is the digit 0.

    Returns:
        Inputs (N, 3, H, W).

    Raises:
        InputError: the file is missing, damaged or too large, or its variables have other types or shapes.
    """
    path = Path(path)
    _check_file(path)
    with _whole(f"{path}", "a MATLAB file of version 5"):
        plain = _inflated(path)
        _check_variables([_Variable(*listed) for listed in whosmat(plain)], path)
        _check_arrays(plain.getbuffer())
        found = loadmat(plain, variable_names=list(_MAT_CLASSES))
        pixels, labels = (np.asarray(found[name]) for name in _MAT_CLASSES)
        if pixels.dtype != np.uint8 or labels.dtype.kind not in "uf" or labels.size != labels.shape[0]:
            raise ValueError("the variables are not what their headers say")
    _check_labels(labels, f"{path}: y")
    return _labelled(pixels.transpose(3, 2, 0, 1), labels.ravel().astype(np.int64) % 10, f"{path}")


def read_folders(archive: str | Path) -> Labelled:
    """Read a `.zip` of images in colour, PNG or JPEG and all of one size, each in a folder with its class's name.

    Returns:
        Inputs (N, 3, H, W) by class and name; labels number the classes in the order of their names.

    Raises:
        InputError: the file is missing, damaged or too large, or an image is, or images differ in shape.
    """
    return _read_zip(Path(archive), _COLOUR).images


def read_zip(archive: str | Path) -> ClassedImages:
    """As `read_folders`, with the names of the classes; images may also be grey, with inputs (N, 1, H, W)."""
    return _read_zip(Path(archive), _ANY)


def _read_zip(archive: Path, colours: Sequence[str]) -> ClassedImages:
    _check_file(archive)
    check_bytes(os.path.getsize(archive), f"{archive}: the file")
    with _whole(f"{archive}", "a .zip"), zipfile.ZipFile(archive) as opened:
        images = sorted(_classed(opened, archive), key=lambda entry: (entry[0], entry[1].filename))
        pictures = [
            _Picture(name, f"{archive}: the image '{shown(info.filename)}'", info.file_size, partial(opened.open, info))
            for name, info in images
        ]
        return _classes(pictures, colours, f"{archive}")


def read_folder(folder: str | Path) -> ClassedImages:
    """Read a folder with a subfolder of images for each class: PNG or JPEG, all of one size, in colour or grey.

    Hidden files and folders are passed over.

    Returns:
        Inputs (N, C, H, W) by class and name, with 3 channels or 1.

    Raises:
        InputError: the folder is missing or has no subfolders, a subfolder has no images, an image is damaged or lies
            elsewhere, or images differ in size or colours.
    """
    folder = Path(folder)
    if not os.path.isdir(folder):
        raise InputError(f"{folder}: there is no such folder; check the path.")
    pictures, ignored = [], 0
    with _whole(f"{folder}", "a folder that can be read"):
        inside = _visible(folder)
        ignored += sum(not path.is_dir() for path in inside)
        for own in filter(Path.is_dir, inside):
            files = _visible(own)
            images = [path for path in files if _is_image(path)]
            ignored += len(files) - len(images)
            if not images:
                raise InputError(
                    f"{own}: has no images ({', '.join(_SUFFIXES)}); add images of the label '{shown(own.name)}', or "
                    "remove the folder."
                )
            pictures += [
                _Picture(own.name, f"{path}: the image", path.stat().st_size, partial(_opened, path)) for path in images
            ]
        if any(map(_is_image, inside)) or not pictures:
            raise InputError(f"{folder}: expected a subfolder of images for each label, and no images beside them.")
        return _classes(pictures, _ANY, f"{folder}", ignored)


def tar_parts(archive: str | Path) -> list[Labelled]:
    """The training and the test part of an archive with the files of CIFAR-10 or STL-10.

    Raises:
        InputError: as `read_cifar` and `read_stl`, or the archive has other files.
    """
    archive = Path(archive)
    _check_file(archive)
    readers = {name: cifar_parts for files in CIFAR_FILES.values() for name in files}
    readers |= {name: stl_parts for files in STL_FILES.values() for name in files}
    passed = 0
    with _whole(f"{archive}", "a .tar.gz"), gzip.open(archive) as stream:
        while member := read_header(stream):
            name = member.name.rpartition("/")[2]
            if is_plain(member) and name in readers:
                return readers[name]({"archive": archive})
            passed += member.size
            if passed > _MOST_UNPACKED:
                break
            pass_over(stream, member.size + -member.size % BLOCK)
    raise InputError(
        f"{archive}: has no files of CIFAR-10 or STL-10; pack other images as .zip, a folder for each label."
    )


def _labelled(pixels: np.ndarray, labels: np.ndarray, where: str) -> Labelled:
    """Bytes (N, C, H, W) scaled to 0 … 1, with labels (N,)."""
    if not pixels.size:
        raise InputError(f"{where}: holds no images, shape {pixels.shape}; take the authors' file.")
    if len(labels) != len(pixels):
        raise InputError(
            f"{where}: holds {len(pixels)} images and {len(labels)} labels; take files that belong together."
        )
    check_array(pixels.shape, _PIXEL, f"{where}: the images")
    inputs = np.divide(pixels, np.float32(255), out=np.empty(pixels.shape, np.float32))
    return Labelled(inputs, labels.astype(np.int64))


def _check_labels(labels: np.ndarray, where: str) -> None:
    """Refuse labels other than 1 to 10."""
    if not np.isin(labels, np.arange(1, 11)).all():
        raise InputError(f"{where}: holds labels other than 1 to 10; take the authors' file.")


def _check_file(path: Path) -> None:
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file; fetch it first, or check the path.")


@contextmanager
def _whole(where: str, what: str) -> Iterator[None]:
    """Turn a decoder's errors in a block into one about the file.

    Raises:
        InputError: a decoder raised an error.
    """
    try:
        yield
    except InputError:
        raise
    except _DAMAGED as error:
        raise InputError(f"{where}: is truncated or damaged, or not {what}; fetch it again.") from error


def _read_idx(path: Path, axes: int) -> np.ndarray:
    """An array of bytes with this number of axes."""
    _check_file(path)
    with _whole(f"{path}", "an IDX file in .gz"), gzip.open(path) as stream:
        magic = read_exactly(stream, 4)
        if magic != _IDX_BYTES + bytes([axes]):
            raise InputError(
                f"{path}: begins with {magic.hex()}, and an IDX file of bytes with {axes} axes begins with "
                f"{_IDX_BYTES.hex()}{axes:02x}; check that it is the right file."
            )
        shape = struct.unpack(f">{axes}I", read_exactly(stream, 4 * axes))
        check_array(shape, _PIXEL, f"{path}: the array")
        content = read_exactly(stream, prod(shape))
        if stream.read(1):
            raise InputError(f"{path}: goes on after its array of shape {shape}; fetch it again.")
    return np.frombuffer(content, np.uint8).reshape(shape)


def _rows(content: bytes, size: int, where: str) -> np.ndarray:
    """Bytes in rows of a size."""
    if len(content) % size:
        raise InputError(f"{where} has {len(content)} bytes, which are no rows of {size}; take the authors' archive.")
    return np.frombuffer(content, np.uint8).reshape(-1, size)


def _unpack(archive: Path, names: Sequence[str]) -> list[bytes]:
    """Contents of the files of a `.tar.gz` that have these names in any folder."""
    _check_file(archive)
    found: dict[str, bytes] = {}
    held = passed = 0
    with _whole(f"{archive}", "a .tar.gz"), gzip.open(archive) as stream:
        while len(found) < len(names) and (member := read_header(stream)):
            name, size = member.name.rpartition("/")[2] if is_plain(member) else "", member.size
            passed += size
            if passed > _MOST_UNPACKED:
                raise InputError(f"{archive}: unpacks to more than {_MOST_UNPACKED} bytes; take the authors' archive.")
            if name in names and name not in found:
                held += size
                check_bytes(held * _PIXEL, f"{archive}: {name}")
                found[name] = read_exactly(stream, size)
                size = -size % BLOCK
            else:
                size += -size % BLOCK
            pass_over(stream, size)
    if missing := [name for name in names if name not in found]:
        raise InputError(f"{archive}: has no {', '.join(missing)}; take the authors' archive of binary files.")
    return [found[name] for name in names]


def _inflated(path: Path) -> io.BytesIO:
    """A MATLAB file with its variables unpacked, each at most to its declared length."""
    check_bytes(os.path.getsize(path), f"{path}: the file")
    content = memoryview(path.read_bytes())
    order = _MAT_ORDERS.get(bytes(content[_MAT_HEAD - 4 : _MAT_HEAD]))
    if order is None or 0 in content[:4]:  # scipy would read it as version 4
        raise InputError(f"{path}: is no MATLAB file of version 5 (save -v6 or -v7); take the authors' file.")
    plain = io.BytesIO()
    plain.write(content[:_MAT_HEAD])
    place = _MAT_HEAD
    while place < len(content):
        kind, size = struct.unpack_from(f"{order}II", content, place)
        start, place = place, place + 8 + size
        if place > len(content) or kind not in (_MAT_MATRIX, _MAT_PACKED):
            raise EOFError("no variable, or not all of one")
        if kind == _MAT_MATRIX:
            plain.write(content[start:place])
            continue
        unpacker = zlib.decompressobj()
        head = unpacker.decompress(content[start + 8 : place], 8)
        _, size = struct.unpack(f"{order}II", head)
        check_bytes(plain.tell() + size, f"{path}: its unpacked content")
        body = unpacker.decompress(unpacker.unconsumed_tail, size + 1)
        if len(body) != size:
            raise EOFError("a variable does not have its declared length")
        plain.write(head)
        plain.write(body)
    plain.seek(0)
    return plain


def _check_arrays(content: memoryview) -> None:
    """Refuse arrays X and y with wrong parts: scipy does not check their types, and crashes.

    Raises:
        ValueError, struct.error: a part has a wrong type or is too short.
    """
    place, order = _MAT_HEAD, _MAT_ORDERS[bytes(content[_MAT_HEAD - 4 : _MAT_HEAD])]
    while place < len(content):
        _, size = struct.unpack_from(f"{order}II", content, place)
        start, place = place + 8, place + 8 + size
        _check_parts(content[start:place], order)


def _check_parts(body: memoryview, order: str) -> None:
    place, parts = 0, []
    for allowed in _MAT_PARTS:
        kind, size = struct.unpack_from(f"{order}II", body, place)
        start, end = place + 8, place + 8 + size
        place = end + -size % 8
        if kind >> 16:  # a part of at most four bytes, inside its tag
            kind, size = kind & 0xFFFF, kind >> 16
            start, end, place = start - 4, start - 4 + size, start
        if kind not in allowed or end > len(body) or (place == start and size > 4):
            raise ValueError("a variable has no such parts as an array")
        parts.append(bytes(body[start:end]))
        if len(parts) == 3 and parts[2].decode("latin-1") not in _MAT_CLASSES:
            return
    if struct.unpack_from(f"{order}I", parts[0])[0] & _MAT_COMPLEX:
        raise ValueError("a variable has complex numbers")


class _Variable(NamedTuple):
    """A variable in the header of a MATLAB file."""

    name: str
    shape: tuple[int, ...]
    kind: str


def _check_variables(listed: Sequence[_Variable], path: Path) -> None:
    """Refuse variables X and y that are missing or have wrong types or shapes, by their headers."""
    for name, allowed in _MAT_CLASSES.items():
        own = [variable for variable in listed if variable.name == name]
        if len(own) != 1 or own[0].kind not in allowed:
            held = ", ".join(variable.kind for variable in own) or "nothing"
            raise InputError(
                f"{path}: holds {held} as variable {name}, not one array of {' or '.join(allowed)}; take the authors' "
                "file."
            )
        shape = own[0].shape
        if len(shape) != (4 if name == "X" else 2) or min(shape) < 1:
            raise InputError(f"{path}: the variable {name} has shape {shape}; expected X (H, W, 3, N) and y (N, 1).")
        check_array(shape, _PIXEL, f"{path}: {name}")


def _classed(archive: zipfile.ZipFile, where: Path) -> Iterator[tuple[str, zipfile.ZipInfo]]:
    """The images of an archive, each with the name of its folder."""
    for info in archive.infolist():
        *folders, name = info.filename.split("/")
        if not name.lower().endswith(_SUFFIXES) or name.startswith("."):
            continue
        if not folders or not all(folders) or ".." in folders:
            raise InputError(
                f"{where}: the image '{shown(info.filename)}' lies in no folder of a class; take the authors' archive."
            )
        yield folders[-1], info


class _Picture(NamedTuple):
    """A file of an image: its class, its place for messages, its size and how it is opened."""

    label: str
    at: str
    size: int
    opened: Callable[[], AbstractContextManager[IO[bytes]]]


def _visible(folder: Path) -> list[Path]:
    """Files and folders in a folder by name, without hidden ones."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def _opened(path: Path) -> IO[bytes]:
    return path.open("rb")


def _is_image(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES and path.is_file()


def _classes(pictures: Sequence[_Picture], colours: Sequence[str], where: str, ignored: int = 0) -> ClassedImages:
    """Images with their classes numbered."""
    if not pictures:
        raise InputError(f"{where}: has no images ({', '.join(_SUFFIXES)}); take the authors' archive.")
    classes = sorted({picture.label for picture in pictures})
    pixels = _decode(pictures, colours)
    numbers = {name: i for i, name in enumerate(classes)}
    labels = np.array([numbers[picture.label] for picture in pictures])
    return ClassedImages(_labelled(pixels.transpose(0, 3, 1, 2), labels, where), classes, ignored)


def _decode(pictures: Sequence[_Picture], colours: Sequence[str]) -> np.ndarray:
    """Images (N, H, W, C), all of the first one's size, which is checked before any is decoded."""
    pixels = np.empty(0, np.uint8)
    for i, picture in enumerate(pictures):
        at = picture.at
        if picture.size > _LARGEST_IMAGE:
            raise InputError(f"{at} has {picture.size} bytes, and {_LARGEST_IMAGE} is the most; make it smaller.")
        with (
            _whole(at, "a PNG or JPEG"),
            picture.opened() as file,
            Image.open(file, formats=("PNG", "JPEG")) as image,
        ):
            shape = image.height, image.width, len(image.getbands())
            if not i:
                check_array((len(pictures), *shape), _PIXEL, f"{at} and all others of its size")
                pixels = np.empty((len(pictures), *shape), np.uint8)
            if image.mode not in colours or shape != pixels.shape[1:]:
                raise InputError(
                    f"{at} has shape {shape} and colours {image.mode}; expected {' or '.join(colours)}, and the shape "
                    f"of the first one, {pixels.shape[1:]}."
                )
            pixels[i] = np.asarray(image).reshape(shape)
    return pixels
