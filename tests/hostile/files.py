"""Hostile files, and limits of memory and time for reading them, for the tests of bad input."""

import json
import os
import pickle
import resource
import signal
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
from anndata import AnnData
from safetensors.numpy import save_file
from scipy.sparse import csr_matrix

from tests.workflow.test_bad_input import npy
from weightflow.errors import InputError
from weightflow.storage import write_tensors

ROOT = Path(__file__).resolve().parents[2]
SYSTEMS = ROOT / "resources" / "systems"
CANARY = "canary"  # what code of an input would make
TAKEN = 200 * 2**20  # most bytes that a case may take
ROOM = 3 * 2**30  # bytes of addresses, past which a case that is not refused fails in place of the machine
SECONDS = 20
HUGE = 10**15


class Bomb:
    """Makes the canary where it is unpickled."""

    def __reduce__(self):
        return os.mkdir, (CANARY,)


PICKLE = pickle.dumps(Bomb())
CODE = f"__import__('os').mkdir('{CANARY}')"
TABLE = b"time,a\n" + b"".join(b"%d,%d\n" % (t, n) for t in range(4) for n in range(5))


def file(name: str, content: bytes | str) -> Callable[[], Any]:
    return lambda: Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def both(*writers: Callable[[], Any]) -> Callable[[], Any]:
    return lambda: [write() for write in writers]


def nothing() -> None:
    pass


def npy_header(shape: Any, dtype: Any = "<i8", fortran: bool = False) -> bytes:
    """A .npy file that ends after its header."""
    text = f"{{'descr': {dtype!r}, 'fortran_order': {fortran}, 'shape': {shape!r}, }}".encode()
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text


def sparse(name: str, head: bytes, size: int) -> Callable[[], Any]:
    """A file whose end was never written, so that it takes no disk."""

    def write():
        with open(name, "wb") as out:
            out.write(head)
            out.truncate(size)

    return write


def npz(**members: bytes) -> Callable[[], Any]:
    def write():
        with zipfile.ZipFile("data.npz", "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in members.items():
                archive.writestr(f"{name}.npy", content)

    return write


def bombed_npz() -> None:
    """Zeros of a gibibyte, in a megabyte."""
    with zipfile.ZipFile("data.npz", "w", zipfile.ZIP_DEFLATED) as archive:
        with archive.open("X.npy", "w", force_zip64=True) as member:
            member.write(npy_header((2**27, 1)))
            for _ in range(1024):
                member.write(bytes(2**20))
        archive.writestr("time.npy", npy(np.zeros(3)))


def lying_npz() -> None:
    """A member that says it has 200 bytes, whose header says a pebibyte."""
    content = npy_header((2**47, 1)) + bytes(72)
    npz(X=content, time=npy(np.zeros(3)))()


def encrypted_npz() -> None:
    npz(X=npy(np.ones((3, 1))), time=npy(np.arange(3.0)))()
    content = bytearray(Path("data.npz").read_bytes())
    for sign, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = 0
        while (start := content.find(sign, start)) >= 0:
            content[start + flags] |= 1
            start += 1
    Path("data.npz").write_bytes(content)


def strange_npz(method: int) -> Callable[[], Any]:
    def write():
        npz(X=npy(np.ones((3, 1))), time=npy(np.arange(3.0)))()
        content = bytearray(Path("data.npz").read_bytes())
        for sign, place in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
            start = 0
            while (start := content.find(sign, start)) >= 0:
                content[start + place : start + place + 2] = struct.pack("<H", method)
                start += 1
        Path("data.npz").write_bytes(content)

    return write


def gzip_bomb(name: str, line: bytes, times: int) -> Callable[[], Any]:
    """A text of one line repeated, compressed a thousandfold."""

    def write():
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        block = line * (2**20 // len(line))
        with open(name, "wb") as out:
            for _ in range(times):
                out.write(packer.compress(block))
            out.write(packer.flush())

    return write


def parquet_bomb() -> None:
    """A hundred million rows in a few kilobytes."""
    rows = 2_000_000
    table = pa_table(np.zeros(rows), np.zeros(rows, dtype=np.int64))
    with pyarrow.parquet.ParquetWriter("data.parquet", table.schema) as writer:
        for _ in range(20):
            writer.write_table(table)


def pa_table(time: Any, a: Any, metadata: dict | None = None) -> pyarrow.Table:
    return pyarrow.table({"time": time, "a": a}, metadata=metadata)


def parquet_with_code() -> None:
    """A column of a type that Arrow used to unpickle (CVE-2023-47248)."""
    about = {"ARROW:extension:name": "arrow.py_extension_type", "ARROW:extension:metadata": PICKLE}
    fields = [pyarrow.field("time", pyarrow.float64()), pyarrow.field("a", pyarrow.binary(), metadata=about)]
    columns = [pyarrow.array([0.0, 1.0]), pyarrow.array([b"x", b"y"])]
    pyarrow.parquet.write_table(pyarrow.table(columns, schema=pyarrow.schema(fields)), "data.parquet")


def h5ad(change: Callable[[h5py.File], Any]) -> Callable[[], Any]:
    """A good .h5ad file of six cells, then changed."""

    def write():
        obs = pd.DataFrame({"time": np.repeat([0.0, 1, 2], 2)}, [f"cell{i}" for i in range(6)])
        cells = AnnData(np.arange(12.0).reshape(6, 2), obs, pd.DataFrame(index=["a", "b"]))
        cells.layers["s"] = csr_matrix(np.eye(6, 2))
        cells.write_h5ad("data.h5ad")
        with h5py.File("data.h5ad", "r+") as opened:
            change(opened)

    return write


def replaced(name: str, make: Callable[[h5py.File], Any]) -> Callable[[h5py.File], Any]:
    """Another element under a name, with the attributes of the old one."""

    def change(opened: h5py.File) -> None:
        attributes = dict(opened[name].attrs)
        del opened[name]
        made = make(opened)
        if made is not None:
            made.attrs.update(attributes)

    return change


def unwritten(name: str, shape: tuple[int, ...], dtype: Any = "f8") -> Callable[[h5py.File], Any]:
    chunks = tuple(min(n, 64) for n in shape)
    return replaced(name, lambda f: f.create_dataset(name, shape, dtype, chunks=chunks))


def linked(name: str, link: Any) -> Callable[[h5py.File], Any]:
    return replaced(name, lambda f: f.__setitem__(name, link))


def virtual(opened: h5py.File) -> h5py.Dataset:
    layout = h5py.VirtualLayout((6, 2), "f8")
    layout[:] = h5py.VirtualSource("/etc/passwd", "X", (6, 2))
    return opened.create_virtual_dataset("X", layout)


def external(opened: h5py.File) -> h5py.Dataset:
    return opened.create_dataset("X", (6, 2), "f8", external=[("/etc/passwd", 0, h5py.h5f.UNLIMITED)])


def misplaced(opened: h5py.File) -> None:
    """A sparse value ten million columns beside its matrix, where SciPy would write it."""
    opened["layers/s/indices"][:] = 10**7


def widened(opened: h5py.File) -> None:
    opened["layers/s"].attrs["shape"] = np.array([6, HUGE])


def header_of(content: Any, data: bytes = b"") -> bytes:
    """A safetensors file with any header."""
    text = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack("<Q", len(text)) + text + data


def tensors(kind: str, arrays: dict[str, Any], **metadata: Any) -> Callable[[], Any]:
    return lambda: write_tensors("file.safetensors", kind, {k: np.asarray(v) for k, v in arrays.items()}, **metadata)


def raw_tensors(about: str) -> Callable[[], Any]:
    """An anchor with any text as its metadata."""
    arrays = {"weights": np.zeros(3), "time": np.zeros(1)}
    return lambda: save_file(arrays, "file.safetensors", metadata={"weightflow": about})


def bomb(opening: str, closing: str, aliases: str, levels: int = 30) -> str:
    """Lines of YAML, each of which holds the one before ten times."""
    lines = [f"a0: &a0 {opening}{closing}"]
    lines += [f"a{i}: &a{i} {opening}{aliases.format(i - 1)}{closing}" for i in range(1, levels)]
    return "\n".join(lines) + "\n"


LISTS = bomb("[", "]", ", ".join(["*a{0}"] * 10))
MAPS = bomb("{{".format(), "}", ", ".join(f"k{j}: *a{{0}}" for j in range(10)))
MERGES = bomb("{k: 1", "}", ", <<: [" + ", ".join(["*a{0}"] * 10) + "]")


def sbml(model: str, doctype: str = "") -> str:
    """A document of SBML."""
    start = '<sbml xmlns="http://www.sbml.org/sbml/level2/version4" level="2" version="4">'
    return f'<?xml version="1.0" encoding="UTF-8"?>{doctype}{start}{model}</sbml>'


LAUGHS = "".join(f'<!ENTITY {b} "{10 * f"&{a};"}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True))
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML">'
LAW = '<listOfReactions><reaction id="r"><kineticLaw>' + MATH + "{}</math></kineticLaw></reaction></listOfReactions>"
DOUBLING = '<listOfFunctionDefinitions><functionDefinition id="f0">' + MATH
DOUBLING += "<lambda><bvar><ci>x</ci></bvar><apply><plus/><ci>x</ci><ci>x</ci></apply></lambda></math>"
DOUBLING += "</functionDefinition>"
for _i in range(1, 40):
    _call = f"<apply><ci>f{_i - 1}</ci><ci>x</ci></apply>"
    DOUBLING += f'<functionDefinition id="f{_i}">{MATH}<lambda><bvar><ci>x</ci></bvar><apply><plus/>{_call}{_call}'
    DOUBLING += "</apply></lambda></math></functionDefinition>"
DOUBLING += "</listOfFunctionDefinitions>"
SPECIES = (
    '<listOfCompartments><compartment id="c" size="1"/></listOfCompartments><listOfSpecies>'
    '<species id="X" compartment="c" initialAmount="3" hasOnlySubstanceUnits="true" substanceUnits="item"/>'
    "</listOfSpecies>"
)


def listing(folder: Path) -> dict[str, Any]:
    """Everything in a folder but its results, with what tells whether it was written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if "results" not in path.relative_to(folder).parts:
            about = path.lstat()
            found[str(path)] = about.st_mode, path.is_dir() or (about.st_size, about.st_mtime_ns)
    return found


def peak() -> int:
    """Most bytes that this process had at once since it was last reset, where the system says so."""
    about = Path("/proc/self/status")
    lines = about.read_text(encoding="ascii").splitlines() if about.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM")), 0)


@contextmanager
def bounded() -> Iterator[None]:
    """Take little memory and time, or fail in place of the machine."""

    def late(*_: Any) -> None:
        raise TimeoutError(f"took more than {SECONDS} seconds")

    reset, limits = Path("/proc/self/clear_refs"), resource.getrlimit(resource.RLIMIT_AS)
    if reset.exists():
        reset.write_text("5", encoding="ascii")
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, limits[1]))
    before, earlier = peak(), signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, earlier)
        resource.setrlimit(resource.RLIMIT_AS, limits)
    assert peak() - before < TAKEN


def check_sentence(fault: InputError) -> None:
    """One sentence on one line, of a length that can be read."""
    sentence = str(fault)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert len(sentence) < 6000  # a path of 5000 letters included
