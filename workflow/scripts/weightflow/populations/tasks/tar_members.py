"""Members of .tar streams, one header at a time; `tarfile` would load names and tables of any length into memory."""

import tarfile
from io import BufferedIOBase

BLOCK = 512  # bytes of a header; contents are padded to multiples of it
_CHUNK = 1 << 20
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)


def read_header(stream: BufferedIOBase) -> tarfile.TarInfo | None:
    """Read the next header, or None at the end of the members; the stream is then at the member's content.

    Raises:
        ValueError: the bytes are not a header.
    """
    header = stream.read(BLOCK)
    if not any(header):
        return None
    try:
        member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.TarError as fault:
        raise ValueError(f"no header of a .tar: {fault}") from fault
    if member.size < 0:
        raise ValueError("a member has a negative size")
    return member


def is_plain(member: tarfile.TarInfo) -> bool:
    """Whether a member is a regular file: no folder, link, device or sparse file."""
    return member.type in _PLAIN


def read_exactly(stream: BufferedIOBase, size: int) -> bytes:
    """Read `size` bytes, which must fit into memory.

    Raises:
        EOFError: the stream has fewer bytes.
    """
    if len(content := stream.read(size)) != size:
        raise EOFError("the file ends before its content does")
    return content


def pass_over(stream: BufferedIOBase, size: int) -> None:
    """Read and discard `size` bytes; raises as `read_exactly`."""
    for start in range(0, size, _CHUNK):
        read_exactly(stream, min(_CHUNK, size - start))
