"""Members of .tar streams, one header after another: `tarfile` takes names and tables of any length into memory."""

import tarfile
from io import BufferedIOBase

BLOCK = 512  # bytes; headers have one, contents whole ones
_CHUNK = 1 << 20
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)


def read_header(stream: BufferedIOBase) -> tarfile.TarInfo | None:
    """The header that a stream is at, or none at the end of its members; it is at the member's content then.

    Raises:
        ValueError: it is no such header.
    """
    header = stream.read(BLOCK)
    if not any(header):
        return None
    try:
        member = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
    except tarfile.TarError as fault:
        raise ValueError(f"no header of a .tar: {fault}") from fault
    if member.size < 0:
        raise ValueError("a member has less than nothing")
    return member


def is_plain(member: tarfile.TarInfo) -> bool:
    """Whether a member is a file as any other: no folder, link, device or one with holes."""
    return member.type in _PLAIN


def read_exactly(stream: BufferedIOBase, size: int) -> bytes:
    """The next bytes, whose number fits into memory.

    Raises:
        EOFError: there are fewer.
    """
    if len(content := stream.read(size)) != size:
        raise EOFError("the file ends before what it holds does")
    return content


def pass_over(stream: BufferedIOBase, size: int) -> None:
    """Read so many bytes and keep none; raises as `read_exactly`."""
    for start in range(0, size, _CHUNK):
        read_exactly(stream, min(_CHUNK, size - start))
