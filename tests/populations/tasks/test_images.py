"""Images in the files of their authors: every pixel in its place, and a sentence for every bad file."""

import gzip
import io
import os
import pickle
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image

from tests.hostile.files import CANARY, PICKLE, bounded, gzip_bomb
from tests.image_samples import (
    RED,
    cifar,
    cifar_rows,
    examples,
    folders,
    idx,
    mat,
    picture,
    stl,
    svhn,
    tar,
    write,
    zipped,
)
from weightflow.populations.tasks import images
from weightflow.populations.tasks.images import (
    read_cifar,
    read_folder,
    read_folders,
    read_idx,
    read_stl,
    read_svhn,
    read_zip,
    tar_parts,
)

GREY, SMALL = examples(12, (1, 5, 4)), examples(12, (3, 6, 4))
TINY, LARGE = (
    (examples(10, (3, 32, 32)), examples(7, (3, 32, 32))),
    (examples(6, (3, 96, 96)), examples(5, (3, 96, 96))),
)
PARTS = ("training", "test")


def check(found, pixels, labels):
    assert found.inputs.dtype == np.float32
    assert found.labels.dtype == np.int64
    assert found.inputs.flags.c_contiguous
    np.testing.assert_allclose(found.inputs, pixels / 255, rtol=1e-6)
    np.testing.assert_array_equal(found.labels, labels)


def test_idx_is_read_row_by_row(saved):
    pixels, labels = GREY
    images, numbers = saved("images.gz", idx(pixels[:, 0])), saved("labels.gz", idx(labels.astype(np.uint8)))
    check(read_idx(images, numbers), pixels, labels)


@pytest.mark.parametrize("part", PARTS)
def test_cifar_is_read_in_the_order_of_its_batches(saved, part):
    check(read_cifar(saved("cifar.tar.gz", cifar(*TINY)), part), *TINY[PARTS.index(part)])


@pytest.mark.parametrize("part", PARTS)
def test_stl_is_read_column_by_column(saved, part):
    check(read_stl(saved("stl.tar.gz", stl(*LARGE)), part), *LARGE[PARTS.index(part)])


@pytest.mark.parametrize("packed", [True, False])
@pytest.mark.parametrize("kind", [np.uint8, float])
def test_svhn_calls_the_digit_0_ten(saved, packed, kind):
    check(read_svhn(saved("svhn.mat", svhn(*SMALL, packed, kind))), *SMALL)


def test_folders_are_classes_in_the_order_of_their_names(saved):
    pixels, labels = SMALL
    order = np.argsort(labels, kind="stable")
    check(read_folders(saved("images.zip", folders(pixels, labels))), pixels[order], labels[order])


def test_photographs_are_read_beside_what_is_no_image(saved):
    files = {"a/b.JPG": picture(RED, kind="JPEG"), "b/a.jpeg": picture(RED, kind="JPEG"), "b/.a.jpg": b"", "a.txt": b""}
    found = read_folders(saved("images.zip", zipped(files)))
    assert found.labels.tolist() == [0, 1]
    np.testing.assert_allclose(found.inputs[0, :, 0, 0], [1, 0, 0], atol=0.02)


def test_images_of_a_user_may_be_grey(saved):
    found = read_zip(saved("images.zip", zipped({"b/1.png": grey(), "a/2.png": grey()})))
    assert (found.classes, found.images.labels.tolist()) == (["a", "b"], [0, 1])
    assert found.images.inputs.shape == (2, 1, 2, 2)


def test_grey_images_and_images_in_colour_do_not_mix(saved, refused):
    with refused(r"the image 'b/2.png' has shape \(2, 2, 3\) and colours RGB; expected RGB or L, and the shape of the"):
        read_zip(saved("images.zip", zipped({"a/1.png": grey(), "b/2.png": picture(RED)})))


@pytest.mark.parametrize(("make", "number"), [(lambda: cifar(*TINY), 0), (lambda: stl(*LARGE), 1)])
def test_an_archive_is_known_by_its_files(saved, make, number):
    for found, own in zip(tar_parts(saved("images.tar.gz", make())), (TINY, LARGE)[number], strict=True):
        check(found, *own)


def test_names_that_lead_out_of_an_archive_write_nothing(saved, tmp_path):
    content = tar({"../../test_batch.bin": cifar_rows(*TINY[1]), "/test_batch.bin": b""})
    check(read_cifar(saved("cifar.tar.gz", content), "test"), *TINY[1])
    assert [file.name for file in tmp_path.iterdir()] == ["cifar.tar.gz"]


LABELS = idx(GREY[1].astype(np.uint8))
PIXELS = idx(GREY[0][:, 0])


def declared(*shape: int, kind: int = 8, content: bytes = b"") -> bytes:
    """An IDX file that says what is not so."""
    return gzip.compress(struct.pack(f">BBBB{len(shape)}I", 0, 0, kind, len(shape), *shape) + content)


@pytest.mark.parametrize(
    ("images", "labels", "sentence"),
    [
        (PIXELS[:-9], LABELS, r"images\.gz: is truncated or damaged, or not an IDX file"),
        (declared(12, 5, 4, content=bytes(239)), LABELS, r"images\.gz: is truncated"),
        (b"", LABELS, r"images\.gz: is truncated"),
        (PICKLE, LABELS, r"images\.gz: is truncated"),
        (gzip.compress(PICKLE), LABELS, r"images\.gz: begins with 80"),
        (LABELS, LABELS, r"images\.gz: begins with 00000801, and an IDX .* 3 axes begins with 00000803; check"),
        (PIXELS, PIXELS, r"labels\.gz: begins with 00000803, .* begins with 00000801"),
        (declared(12, 5, 4, kind=13), LABELS, r"images\.gz: begins with 00000d03"),
        (declared(2**32 - 1, 2**32 - 1, 2**32 - 1), LABELS, "would take .* GiB of memory, and 0.5 GiB is the most"),
        (declared(10**6, 1000, 1000), LABELS, r"of shape \(1000000, 1000, 1000\), would take 4.66e\+03 GiB"),
        (PIXELS, declared(2**32 - 1), r"labels\.gz: the array, of shape .* would take 20 GiB"),
        (declared(12, 5, 4, content=bytes(241)), LABELS, r"images\.gz: goes on after its array of shape \(12, 5, 4\)"),
        (declared(0, 5, 4), LABELS, r"holds no images, shape \(0, 1, 5, 4\)"),
        (declared(11, 5, 4, content=bytes(220)), LABELS, "holds 11 images and 12 labels"),
    ],
)
def test_a_bad_idx_file_is_refused(small_machine, refused, images, labels, sentence):
    write(small_machine / "images.gz", images), write(small_machine / "labels.gz", labels)
    with bounded(), refused(sentence):
        read_idx(small_machine / "images.gz", small_machine / "labels.gz")


@pytest.mark.slow
def test_a_bomb_in_gzip_is_not_unpacked(small_machine, refused):
    gzip_bomb("bomb.gz", b"\0\0\x08\x03\0\0\0\x01\0\0\0\x01\0\0\0\x01" + bytes(16), 1024)()
    with bounded(), refused("goes on after its array"):
        read_idx("bomb.gz", "bomb.gz")


@pytest.mark.parametrize("read", [read_svhn, read_folders, lambda path: read_idx(path, path)])
@pytest.mark.parametrize("kind", ["missing", "folder", "pipe"])
def test_what_is_no_file_is_refused(tmp_path, refused, read, kind):
    path = tmp_path / kind
    {"missing": lambda _: None, "folder": os.mkdir, "pipe": os.mkfifo}[kind](path)
    with refused(f"{kind}: there is no such file"):
        read(path)


def damaged(content: bytes, place: int, value: int) -> bytes:
    """A .tar.gz of which one byte is another one."""
    plain = bytearray(gzip.decompress(content))
    plain[place] = value
    return gzip.compress(bytes(plain))


def announced(size: int, name: bytes = b"test_batch.bin", kind: bytes = b"0") -> bytes:
    """A .tar.gz whose one header says a size, and that ends there."""
    header = bytearray(512)
    header[: len(name)] = name
    header[124:136] = f"{size:011o}\0".encode() if size < 8**11 else b"\x80" + size.to_bytes(11, "big")
    header[156:157] = kind
    header[148:156] = f"{sum(header) + 8 * 32:06o}\0 ".encode()
    return gzip.compress(bytes(header))


TEST = tar({"test_batch.bin": cifar_rows(*TINY[1])})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "has no test_batch.bin; take the authors' archive of binary files"),
        (PICKLE, "is truncated or damaged, or not a .tar.gz"),
        (TEST[:-2000], "is truncated or damaged"),
        (gzip.compress(gzip.decompress(TEST)[:5000]), "is truncated or damaged"),
        (gzip.compress(b"x" * 600), "is truncated or damaged"),
        (damaged(TEST, 3, 0), "is truncated or damaged"),
        (tar({"cifar-10-batches-py/test_batch": pickle.dumps([1])}), "has no test_batch.bin"),
        (tar({"test_batch.bin": b""}, type=b"2", linkname="/etc/passwd"), "has no test_batch.bin"),
        (tar({"test_batch.bin": b""}), "holds no images"),
        (tar({"test_batch.bin": bytes(3072)}), "the test part has 3072 bytes, which are no rows of 3073"),
        (announced(2**31), "test_batch.bin would take 10 GiB of memory"),
        (announced(-1), "is truncated or damaged"),
        (announced(2**40), "unpacks to more than 17179869184 bytes"),
        (announced(8**11 - 1, b"longer", b"x"), "is truncated or damaged"),
        (announced(2**20, b"", b"L"), "is truncated or damaged"),
    ],
)
def test_a_bad_cifar_archive_is_refused(small_machine, refused, content, sentence):
    path = write(small_machine / "cifar.tar.gz", content)
    with bounded(), refused(rf"cifar\.tar\.gz.*{sentence}"):
        read_cifar(path, "test")
    assert not os.path.exists(CANARY)


def test_an_archive_is_not_looked_through_for_ever(saved, refused, monkeypatch):
    monkeypatch.setattr(images, "_MOST_UNPACKED", 10**5)
    files = {f"other{i}": bytes(30_000) for i in range(4)}
    read_cifar(saved("cifar.tar.gz", tar({"test_batch.bin": cifar_rows(*TINY[1])} | files)), "test")
    with refused("unpacks to more than 100000 bytes"):
        read_cifar(saved("cifar.tar.gz", tar(files | {"test_batch.bin": cifar_rows(*TINY[1])})), "test")


@pytest.mark.parametrize(
    ("pixels", "labels", "sentence"),
    [
        (bytes(27648), b"\0", "test_y.bin: holds labels other than 1 to 10"),
        (bytes(27648), b"\x0b", "test_y.bin: holds labels other than 1 to 10"),
        (bytes(27647), b"\1", "test_X.bin has 27647 bytes, which are no rows of 27648"),
        (bytes(27648), b"\1\2", "holds 1 images and 2 labels"),
        (None, b"\1", "has no test_X.bin"),
    ],
)
def test_a_bad_stl_archive_is_refused(saved, refused, pixels, labels, sentence):
    files = {"a/test_X.bin": pixels, "a/test_y.bin": labels}
    path = saved("stl.tar.gz", tar({name: content for name, content in files.items() if content is not None}))
    with refused(rf"stl\.tar\.gz.*{sentence}"):
        read_stl(path, "test")


X, Y = np.zeros((2, 2, 3, 5), np.uint8), np.ones((5, 1), np.uint8)
HEAD = mat(X=X)[:128]


def element(kind: int, content: bytes) -> bytes:
    return struct.pack("<II", kind, len(content)) + content + bytes(-len(content) % 8)


def matrix(shape: tuple[int, ...], data: bytes, name: bytes = b"X") -> bytes:
    """A variable of bytes that is what it says or not."""
    flags, axes = struct.pack("<II", 9, 0), struct.pack(f"<{len(shape)}i", *shape)
    return element(14, element(6, flags) + element(5, axes) + element(1, name) + data)


def packed(content: bytes) -> bytes:
    """A variable as it is compressed in a MATLAB file; no padding follows."""
    content = zlib.compress(content)
    return struct.pack("<II", 15, len(content)) + content


FURTHER = mat(packed=False, y=Y)[128:]
BOMB = struct.pack("<II", 14, 3 * 2**30)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is no MATLAB file of version 5"),
        (PICKLE, "is no MATLAB file of version 5"),
        (HEAD[:124] + b"\0\x02IM" + bytes(512), "is no MATLAB file of version 5"),
        (mat(X=X, y=Y)[:-5], "is truncated or damaged, or not a MATLAB file"),
        (mat(False, X=X, y=Y)[:-5], "is truncated or damaged"),
        (mat(X=X, y=Y) + b"abc", "is truncated or damaged"),
        (HEAD + element(3, bytes(8)), "is truncated or damaged"),
        (HEAD + packed(b""), "is truncated or damaged"),
        (HEAD, "holds nothing as variable X"),
        (mat(X=X), "holds nothing as variable y, not one array of uint8 or double"),
        (mat(X=X, y=Y) + mat(X=X)[128:], "holds uint8, uint8 as variable X"),
        (
            mat(X=np.array([[PICKLE]], dtype=object), y=Y),
            "holds cell as variable X, not one array of uint8",
        ),
        (mat(X={"a": X}, y=Y), "holds struct as variable X"),
        (mat(X="text", y=Y), "holds char as variable X"),
        (mat(X=X.astype(float), y=Y), "holds double as variable X"),
        (mat(X=X, y=Y.astype(bool)), "holds logical as variable y"),
        (mat(X=X[..., 0], y=Y), r"the variable X has shape \(2, 2, 3\); expected X \(H, W, 3, N\)"),
        (mat(X=X[..., :0], y=Y), r"the variable X has shape \(2, 2, 3, 0\)"),
        (mat(X=X, y=Y.T), "is truncated or damaged"),
        (mat(X=X, y=Y[:4]), "holds 5 images and 4 labels"),
        (mat(X=X, y=0 * Y), "y: holds labels other than 1 to 10"),
        (mat(X=X, y=Y * np.nan), "y: holds labels other than 1 to 10"),
        (mat(X=X, y=1.5 * Y), "y: holds labels other than 1 to 10"),
        (HEAD + matrix((1000, 1000, 3, 10**6), b"") + FURTHER, "X, of shape .* would take 1.4e\\+04 GiB"),
        (HEAD + matrix((2, 2, 3, -5), element(2, bytes(60))) + FURTHER, r"has shape \(2, 2, 3, -5\)"),
        (HEAD + matrix((2, 2, 3, 5), element(2, bytes(59))) + FURTHER, "is truncated or damaged"),
        (HEAD + matrix((2, 2, 3, 5), struct.pack("<II", 2, 2**31)) + FURTHER, "is truncated or damaged"),
        (HEAD + matrix((2, 2, 3, 5), element(9, bytes(480))) + FURTHER, "is truncated or damaged"),
        # Scipy would crash on these.
        (HEAD + matrix((2, 2, 3, 5), element(11266, bytes(60))) + FURTHER, "is truncated or damaged"),
        (HEAD + matrix((2, 2, 3, 5), element(14, bytes(60))) + FURTHER, "is truncated or damaged"),
        (mat(X=X, y=Y * 1j), "is truncated or damaged"),
        (b"\0" + mat(X=X, y=Y)[1:], "is no MATLAB file of version 5"),
        (HEAD + packed(BOMB + bytes(99)), "its unpacked content would take 3 GiB"),
        (HEAD + packed(struct.pack("<II", 14, 8) + bytes(2**24)), "is truncated or damaged"),
    ],
)
def test_a_bad_svhn_file_is_refused(small_machine, refused, content, sentence):
    path = write(small_machine / "svhn.mat", content)
    with bounded(), refused(rf"svhn\.mat.*{sentence}"):
        read_svhn(path)
    assert not os.path.exists(CANARY)


def png(width: int, height: int, data: bytes = b"") -> bytes:
    """A PNG that says its size, and holds something else."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b"")


def grey() -> bytes:
    file = io.BytesIO()
    Image.new("L", (2, 2)).save(file, "PNG")
    return file.getvalue()


def encrypted(content: bytes) -> bytes:
    """Files of an archive that say that they are."""
    found = bytearray(content)
    for sign, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        found[found.find(sign) + place] |= 1
    return bytes(found)


def spoilt(content: bytes) -> bytes:
    """An archive with another byte in the data of its first file."""
    found = bytearray(content)
    found[60] ^= 255
    return bytes(found)


ONE = zipped({"a/1.png": picture(RED)})


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is truncated or damaged, or not a .zip"),
        (PICKLE, "is truncated or damaged, or not a .zip"),
        (ONE[:-30], "is truncated or damaged, or not a .zip"),
        (zipped({}), r"has no images \(.png, .jpg, .jpeg\)"),
        (zipped({"a/1.txt": b""}), "has no images"),
        (encrypted(ONE), "the image 'a/1.png': is truncated or damaged, or not a PNG or JPEG"),
        (spoilt(ONE), "the image 'a/1.png': is truncated"),
        (zipped({"a/1.png": PICKLE}), "the image 'a/1.png': is truncated or damaged, or not a PNG or JPEG"),
        (zipped({"a/1.png": picture(RED, kind="BMP")}), "not a PNG or JPEG"),
        (zipped({"a/1.png": picture(RED, (50, 50))[:-40]}), "is truncated"),
        (zipped({"a/1.png": png(2, 2)}), "is truncated"),
        (zipped({"a/1.png": png(12_000, 7000)}), r"all others of its size, of shape \(1, 7000, 12000, 3\), would take"),
        (zipped({"a/1.png": png(10**6, 10**6)}), "is truncated or damaged, or not a PNG or JPEG"),
        (zipped({"a/1.png": picture(RED), "a/2.png": png(9000, 9000)}), r"shape \(9000, 9000, 3\) and colours RGB"),
        (zipped({"a/1.png": picture(RED), "b/2.png": picture(RED, (2, 3))}), r"has shape \(3, 2, 3\) and colours RGB"),
        (zipped({"a/1.png": grey()}), r"has shape \(2, 2, 1\) and colours L; expected RGB"),
        (zipped({"1.png": picture(RED)}), "the image '1.png' lies in no folder of a class"),
        (zipped({"../1.png": picture(RED)}), r"the image '../1\.png' lies in no folder of a class"),
        (zipped({"/1.png": picture(RED)}), "lies in no folder of a class"),
        (zipped({"a/../b/1.png": picture(RED)}), "lies in no folder of a class"),
    ],
)
def test_a_bad_archive_of_folders_is_refused(small_machine, refused, content, sentence):
    path = write(small_machine / "images.zip", content)
    with bounded(), refused(rf"images\.zip.*{sentence}"):
        read_folders(path)
    assert [file.name for file in small_machine.iterdir()] in (["images.zip", "work"], ["work", "images.zip"])
    assert not os.listdir()


def test_a_large_folder_is_refused_before_memory_is_taken(small_machine, refused):
    write(small_machine / "own" / "a" / "1.png", png(12_000, 7000))
    with (
        bounded(),
        refused(r"1\.png: the image and all others of its size, of shape \(1, 7000, 12000, 3\), would take"),
    ):
        read_folder(small_machine / "own")


def test_a_bomb_in_zip_is_not_unpacked(small_machine, refused):
    with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive, archive.open("a/1.png", "w") as member:
        for _ in range(100):
            member.write(bytes(2**20))
    with bounded(), refused(r"the image 'a/1\.png' has 104857600 bytes, and 67108864 is the most"):
        read_folders("bomb.zip")
