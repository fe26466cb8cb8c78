"""Members of .tar streams are those that `tarfile` finds, and strange headers are refused."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.populations.tasks.tar_members import BLOCK, is_plain, pass_over, read_exactly, read_header, read_member

NAMES = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=300)


def entry(name: str = "a", size: int = 0, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.type = size, kind
    return made


def packed(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in members.items():
            tar.addfile(entry(name, len(content)), io.BytesIO(content))
    return out.getvalue()


@given(st.dictionaries(NAMES.filter(lambda name: not name.endswith("/")), st.binary(max_size=1500), max_size=4))
def test_plain_members_are_read_as_they_were_packed(members):
    stream, found = io.BytesIO(packed(members)), {}
    while member := read_member(stream):
        assert is_plain(member)
        found[member.name] = read_exactly(stream, member.size)
        pass_over(stream, -member.size % BLOCK)
    assert found == members


@pytest.mark.parametrize(
    "kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE]
)
def test_what_is_no_plain_file_is_told(kind):
    assert not is_plain(read_member(io.BytesIO(entry(kind=kind).tobuf(tarfile.GNU_FORMAT))))


def test_a_size_past_octal_digits_is_read():
    assert read_header(io.BytesIO(entry(size=2**40).tobuf(tarfile.GNU_FORMAT))).size == 2**40


@pytest.mark.parametrize("header", [b"x" * BLOCK, entry().tobuf()[:100], entry("b").tobuf()[:-9] + b"x" * 9])
def test_what_is_no_header_is_refused(header):
    with pytest.raises(ValueError, match=r"no header of a \.tar"):
        read_header(io.BytesIO(header))


@pytest.mark.parametrize("stream", [b"", bytes(BLOCK), bytes(2 * BLOCK)])
def test_after_the_last_member_there_is_none(stream):
    assert read_header(io.BytesIO(stream)) is None
    assert read_member(io.BytesIO(stream)) is None


def extended(content: bytes, after: bytes = b"") -> io.BytesIO:
    head = entry(size=len(content), kind=tarfile.XHDTYPE).tobuf(tarfile.GNU_FORMAT)
    return io.BytesIO(head + content.ljust(-(-len(content) // BLOCK) * BLOCK, b"\0") + after)


@pytest.mark.parametrize(
    "content",
    [
        b"10 path=x\n",  # and no member after it
        b"x path=x\n",
        b"0 path=x\n",
        b"-9 path=x\n",
        b"11 path=x\n",
        b"7 path\n",
        b"12 mtime=1\n",
        b"22 GNU.sparse.major=1\n",
    ],
)
def test_an_extended_header_that_is_strange_is_refused(content):
    after = b"" if content.startswith(b"10") else entry().tobuf(tarfile.GNU_FORMAT)
    with pytest.raises((ValueError, EOFError)):
        read_member(extended(content, after))


def test_an_extended_header_of_another_is_refused():
    with pytest.raises(ValueError, match="is of no plain file"):
        read_member(extended(b"10 path=x\n", extended(b"10 path=x\n", entry().tobuf(tarfile.GNU_FORMAT)).getvalue()))


def test_a_stream_that_ends_too_early_is_told():
    for read in (read_exactly, pass_over):
        with pytest.raises(EOFError):
            read(io.BytesIO(b"ab"), 3)
