"""Members of .tar streams, one header after another: `tarfile` takes names and tables of any length into memory."""

import tarfile
from typing import IO

BLOCK = 512  # bytes; headers have one, contents whole ones
_CHUNK = 1 << 20
_PLAIN = (tarfile.REGTYPE, tarfile.AREGTYPE)
_LARGEST_HEADER = 1 << 16  # bytes of what says more of a member than its header has room for


def read_header(stream: IO[bytes]) -> tarfile.TarInfo | None:
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


def read_member(stream: IO[bytes]) -> tarfile.TarInfo | None:
    """As `read_header`, of a member whose name or size may be in an extended header (POSIX.1-2001) before its own.

    Raises:
        ValueError: as there; or the extended header is longer than any name, or says something else.
    """
    member = read_header(stream)
    if member is None or member.type != tarfile.XHDTYPE:
        return member
    if member.size > _LARGEST_HEADER:
        raise ValueError(f"an extended header has {member.size} bytes")
    said = _extended(read_exactly(stream, member.size))
    pass_over(stream, -member.size % BLOCK)
    member = read_header(stream)
    if member is None or not is_plain(member) or said.keys() - {"path", "size"}:
        raise ValueError("an extended header is of no plain file, or says more than its name and size")
    member.name, member.size = said.get("path", member.name), int(said.get("size", member.size))
    if member.size < 0:
        raise ValueError("a member has less than nothing")
    return member


def is_plain(member: tarfile.TarInfo) -> bool:
    """Whether a member is a file as any other: no folder, link, device or one with holes."""
    return member.type in _PLAIN


def read_exactly(stream: IO[bytes], size: int) -> bytes:
    """The next bytes, whose number has been held against the memory.

    Raises:
        EOFError: there are fewer.
    """
    if len(content := stream.read(size)) != size:
        raise EOFError("the file ends before what it holds does")
    return content


def pass_over(stream: IO[bytes], size: int) -> None:
    """Read so many bytes and keep none; raises as `read_exactly`."""
    for start in range(0, size, _CHUNK):
        read_exactly(stream, min(_CHUNK, size - start))


def _extended(content: bytes) -> dict[str, str]:
    """What an extended header says: records `length key=value`, each of that many bytes with its line break."""
    said = {}
    while content:
        number, _, _ = content.partition(b" ")
        length = int(number)
        record, content = content[:length], content[max(length, 1) :]
        key, equals, value = record[len(number) + 1 : -1].partition(b"=")
        if not equals or not record.endswith(b"\n") or len(record) != length:
            raise ValueError("an extended header is damaged")
        said[key.decode()] = value.decode("utf-8", "surrogateescape")
    return said
