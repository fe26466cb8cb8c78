"""Members of .tar streams are those that `tarfile` finds, and strange headers are refused."""

import io
import tarfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from weightflow.populations.tasks.tar_members import BLOCK, is_plain, pass_over, read_exactly, read_header

NAMES = st.text(st.characters(codec="ascii", exclude_characters="\0/"), min_size=1, max_size=90)  # as headers hold


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


@given(st.dictionaries(NAMES, st.binary(max_size=1500), max_size=4))
def test_plain_members_are_read_as_they_were_packed(members):
    stream, found = io.BytesIO(packed(members)), {}
    while member := read_header(stream):
        assert is_plain(member)
        found[member.name] = read_exactly(stream, member.size)
        pass_over(stream, -member.size % BLOCK)
    assert found == members


@pytest.mark.parametrize(
    "kind", [tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.GNUTYPE_SPARSE]
)
def test_what_is_no_plain_file_is_told(kind):
    assert not is_plain(read_header(io.BytesIO(entry(kind=kind).tobuf(tarfile.GNU_FORMAT))))


def test_a_size_past_octal_digits_is_read():
    assert read_header(io.BytesIO(entry(size=2**40).tobuf(tarfile.GNU_FORMAT))).size == 2**40


@pytest.mark.parametrize("header", [b"x" * BLOCK, entry().tobuf()[:100], entry("b").tobuf()[:-9] + b"x" * 9])
def test_what_is_no_header_is_refused(header):
    with pytest.raises(ValueError, match=r"no header of a \.tar"):
        read_header(io.BytesIO(header))


@pytest.mark.parametrize("stream", [b"", bytes(BLOCK), bytes(2 * BLOCK)])
def test_after_the_last_member_there_is_none(stream):
    assert read_header(io.BytesIO(stream)) is None


def test_a_stream_that_ends_too_early_is_told():
    for read in (read_exactly, pass_over):
        with pytest.raises(EOFError):
            read(io.BytesIO(b"ab"), 3)
