"""Archives: the same bytes of the same results, whole or refused, and nothing outside their folder."""

import gzip
import hashlib
import io
import os
import shutil
import tarfile
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from tests.conftest import write_job
from tests.hostile.files import bounded
from weightflow.records.archive import CONFIG, SUMS, archived_files, unpack, write_archive
from weightflow.systems import entries

SETTINGS = {"seeds": [0], "datasets": {"D": {"system": "config/mine.yaml"}, "E": {"system": "epidemic"}}}


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch, root):
    """A figure, its vector form and the table it is drawn from, which training made."""
    monkeypatch.chdir(tmp_path)
    jobs = [
        (["D/data"], "prepare", []),
        (["D/prediction"], "predict", ["D/data"]),
        (["table.csv"], "tabulate", ["D/prediction"]),
        (["D/figures/f.png", "D/figures/f.pdf"], "plot", ["table.csv"]),
    ]
    for paths, rule, sources in jobs:
        for path in paths:
            Path("results", path).parent.mkdir(parents=True, exist_ok=True)
            Path("results", path).write_text(path)
        write_job(rule, [f"results/{path}" for path in paths], input=[f"results/{source}" for source in sources])
    Path("config").mkdir()
    shutil.copy(root / "resources" / "systems" / "birth_death.yaml", "config/mine.yaml")
    return tmp_path


@pytest.fixture
def archive(results) -> Path:
    """An archive of the figure."""
    files = archived_files(["results/D/figures/f.png"], ["tabulate", "plot"])
    write_archive("a.tar.gz", files, SETTINGS, ["config/mine.yaml"])
    return Path("a.tar.gz")


def add(tar: tarfile.TarFile, name: str, content: bytes) -> None:
    """Add a plain file."""
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def write_tar(path: str, members: dict[str, bytes | tarfile.TarInfo]) -> None:
    """A gzipped tar file of members, with the list of their digests first."""
    digests = {name: hashlib.sha256(c if isinstance(c, bytes) else b"").hexdigest() for name, c in members.items()}
    with tarfile.open(path, "w:gz") as tar:
        add(tar, SUMS, "".join(f"{digest}  {name}\n" for name, digest in digests.items()).encode())
        for name, content in members.items():
            if isinstance(content, bytes):
                add(tar, name, content)
            else:
                tar.addfile(content)


def test_what_is_regenerated_takes_its_sources_and_brings_its_siblings():
    files = archived_files(["results/D/figures/f.png"], ["tabulate", "plot"])
    assert [file for file in files if "provenance" not in file] == [
        "results/D/figures/f.pdf",
        "results/D/figures/f.png",
        "results/D/prediction",
        "results/table.csv",
    ]
    assert "results/provenance/D/data.json" in files  # where it all comes from, though it is not taken along


def test_the_files_of_another_run_are_left_behind(results):
    for form in ("png", "pdf"):
        path = Path("results/my/D/figures") / f"f.{form}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(form)
    own = [f"results/my/D/figures/f.{form}" for form in ("pdf", "png")]
    write_job("plot", own, input=["results/D/prediction"])
    files = archived_files(own[:1], ["plot"])
    assert [file for file in files if "provenance" not in file] == ["results/D/prediction", *own]
    assert not [file for file in archived_files(["results/D/figures/f.png"], ["plot"]) if "/my/" in file]


def test_what_is_not_regenerated_is_taken_as_it_is():
    files = archived_files(["results/D/figures/f.png"], ["plot"])
    assert "results/table.csv" in files
    assert "results/D/prediction" not in files


def test_times_that_were_taken_have_no_record_and_are_taken_along(results):
    times = ["benchmarks.json", "D/benchmarks/plot.tsv"]
    for path in times:
        Path("results", path).parent.mkdir(exist_ok=True)
        Path("results", path).write_text(path)
    write_job("plot", ["results/D/figures/f.png"], input=[f"results/{path}" for path in times])
    files = archived_files(["results/D/figures/f.png"], ["plot"])
    assert {f"results/{path}" for path in times} < set(files)
    assert not [file for file in files if "provenance" in file and "benchmarks" in file]


def test_a_target_that_is_gone_is_named(refused):
    Path("results/table.csv").unlink()
    with refused("^results/table.csv: is missing and cannot be archived"):
        archived_files(["results/D/figures/f.png"], ["plot"])


def test_an_archive_is_read_back_whole(archive):
    count = unpack(archive, "new/folder")
    found = sorted(str(path.relative_to("new/folder")) for path in Path("new/folder").rglob("*") if path.is_file())
    assert count == len(found) - 1  # the list itself
    assert Path("new/folder/results/D/prediction").read_text() == "D/prediction"
    config = yaml.safe_load(Path("new/folder", CONFIG).read_text())
    assert [d["system"] for d in config["datasets"].values()] == ["systems/mine.yaml", "epidemic"]
    assert Path("new/folder/systems/mine.yaml").read_bytes() == Path("config/mine.yaml").read_bytes()


def test_its_list_is_one_that_sha256sum_reads(archive):
    unpack(archive, "new")
    for line in Path("new", SUMS).read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(Path("new", name).read_bytes()).hexdigest() == digest


def test_the_same_results_give_the_same_bytes(archive):
    for path in Path("results").rglob("*"):
        os.utime(path, (1, 1))
    files = archived_files(["results/D/figures/f.png"], ["tabulate", "plot"])
    write_archive("b.tar.gz", dict(reversed(files.items())), SETTINGS, ["config/mine.yaml"])
    assert Path("b.tar.gz").read_bytes() == archive.read_bytes()


def write_sbml(path: str, model: str) -> None:
    """A system file that names a model, and the model."""
    system = {"kind": "sbml", "model": model, "grid": {"points": 3, "step": 1}}
    for file, text in ((Path(path), yaml.safe_dump(system)), (Path(path).parent / model, f"the model of {path}")):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


@pytest.mark.parametrize("model", ["model.xml", "models/model.xml", "../models/model.xml"])
def test_a_system_is_packed_with_the_model_that_it_names(model):
    write_sbml("own/s.yaml", model)
    write_archive("c.tar.gz", {}, {"datasets": {"D": {"system": "own/s.yaml"}}}, ["own/s.yaml"])
    unpack("c.tar.gz", "new")
    (entry,) = yaml.safe_load(Path("new", CONFIG).read_text())["datasets"].values()
    _, found = entries.files_of(Path("new", entry["system"]))
    assert found.read_text() == "the model of own/s.yaml"
    assert found.resolve().is_relative_to(Path("new/systems").resolve())


def test_systems_of_one_name_and_their_models_stay_apart():
    for folder in "ab":
        write_sbml(f"{folder}/s.yaml", "model.xml")
    config = {"datasets": {"D": {"system": "a/s.yaml"}, "E": {"system": "./b/s.yaml"}}}
    write_archive("c.tar.gz", {}, config, ["a/s.yaml", "./b/s.yaml"])
    unpack("c.tar.gz", "new")
    systems = [entry["system"] for entry in yaml.safe_load(Path("new", CONFIG).read_text())["datasets"].values()]
    assert systems == ["systems/a/s.yaml", "systems/b/s.yaml"]
    assert Path("new/systems/b/model.xml").read_text() == "the model of b/s.yaml"


def test_a_name_of_any_length_is_read_back(results):
    """Longer than a plain header has room for."""
    name = f"{'d' * 64}/{'é' * 64}/{'f' * 100}"
    Path("results", name).parent.mkdir(parents=True)
    Path("results", name).write_text("long")
    write_job("plot", [f"results/{name}"], input=[])
    write_archive("a.tar.gz", archived_files([f"results/{name}"], ["plot"]), SETTINGS, [])
    unpack("a.tar.gz", "new")
    assert Path("new/results", name).read_text() == "long"


def test_a_system_with_a_name_that_would_not_be_unpacked_is_refused(refused):
    write_sbml("s.yaml", ".model.xml")
    with refused("/.model.xml: has a name that archives do not take"):
        write_archive("c.tar.gz", {}, {"datasets": {}}, ["s.yaml"])
    assert not Path("c.tar.gz").exists()


def test_a_folder_that_is_there_is_left_alone(archive, refused):
    Path("there").mkdir()
    with refused("^there: is there already"):
        unpack(archive, "there")
    assert list(Path("there").iterdir()) == []


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.type, entry.linkname = kind, target
    return entry


HOSTILE = {
    "a name that climbs out": {"../outside": b"x"},
    "a name that climbs out of results": {"results/../../outside": b"x"},
    "an absolute name": {"/tmp/outside-of-archive": b"x"},
    "a name that is no result": {"Snakefile": b"x"},
    "a profile, which the workflow would obey": {"profiles/default/config.yaml": b"x"},
    "what Snakemake remembers": {".snakemake/metadata/x": b"x"},
    "a hidden name": {"results/.hidden": b"x"},
    "a doubled slash": {"results//x": b"x"},
    "a backslash": {"results/..\\x": b"x"},
    "a line break in a name": {"results/a\nb": b"x"},
    "a symbolic link": {"results/x": link("results/x", "/etc/passwd", tarfile.SYMTYPE)},
    "a hard link": {"results/x": link("results/x", "/etc/passwd", tarfile.LNKTYPE)},
    "a device": {"results/x": link("results/x", "", tarfile.CHRTYPE)},
    "a fifo": {"results/x": link("results/x", "", tarfile.FIFOTYPE)},
    "a folder": {"results/x": link("results/x", "", tarfile.DIRTYPE)},
    "a system that climbs out": {"systems/../../b.yaml": b"x"},
    "a hidden system": {"systems/a/.b.yaml": b"x"},
    "a file in place of the systems' folder": {"systems": b"x"},
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_archive_is_refused_and_leaves_nothing(results, refused, case):
    write_tar("bad.tar.gz", HOSTILE[case])
    before = sorted(results.rglob("*"))
    with refused("^bad.tar.gz: holds .* which is foreign to archives"):
        unpack("bad.tar.gz", "new")
    assert sorted(results.rglob("*")) == before


@pytest.mark.parametrize(
    "content",
    [b"__use_yte__: true\nx: ?open('ran', 'w')\n", b"!!python/object/apply:os.system ['touch ran']\n", b"[1, 2]\n"],
)
@pytest.mark.parametrize("name", [CONFIG, "results/settings.yaml"])
def test_a_config_that_is_more_than_data_is_refused(results, refused, name, content):
    write_tar("bad.tar.gz", {name: content})
    with refused(r"^bad.tar.gz: its (config|settings).yaml is no configuration"):
        unpack("bad.tar.gz", "new")
    assert not Path("new").exists()
    assert not Path("ran").exists()


def test_a_member_that_comes_twice_is_refused(refused):
    with tarfile.open("bad.tar.gz", "w:gz") as tar:
        listed = f"{hashlib.sha256(b'x').hexdigest()}  results/x\n".encode()
        for name, content in [(SUMS, listed), ("results/x", b"x"), ("results/x", b"y")]:
            add(tar, name, content)
    with refused("holds 'results/x'"):
        unpack("bad.tar.gz", "new")
    assert not Path("new").exists()


def test_a_member_that_is_not_listed_is_refused(refused):
    with tarfile.open("bad.tar.gz", "w:gz") as tar:
        for name, content in [(SUMS, b""), ("results/x", b"x")]:
            add(tar, name, content)
    with refused("holds 'results/x'"):
        unpack("bad.tar.gz", "new")


def test_more_than_the_disk_holds_is_refused_before_it_is_written(refused, monkeypatch):
    write_tar("bomb.tar.gz", {"results/x": bytes(2**20)})
    monkeypatch.setattr("weightflow.records.archive.shutil.disk_usage", lambda _: SimpleNamespace(free=2**19))
    with refused("^bomb.tar.gz: is larger, unpacked, than"):
        unpack("bomb.tar.gz", "new")
    assert not Path("new").exists()


def test_a_size_that_is_not_there_is_refused(refused):
    """A header that promises an exabyte."""
    entry = tarfile.TarInfo("results/x")
    entry.size = 2**60
    listed = f"{'0' * 64}  results/x\n".encode()
    first = tarfile.TarInfo(SUMS)
    first.size = len(listed)
    raw = first.tobuf() + listed.ljust(512, b"\0") + entry.tobuf(tarfile.GNU_FORMAT)
    Path("bad.tar.gz").write_bytes(gzip.compress(raw))
    with refused("^bad.tar.gz: is larger, unpacked, than"):
        unpack("bad.tar.gz", "new")


def header(kind: bytes, size: int) -> bytes:
    """A header of a kind that announces so many bytes."""
    entry = tarfile.TarInfo("results/x")
    entry.type, entry.size = kind, size
    return entry.tobuf(tarfile.GNU_FORMAT)


HOLES = b"22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
FILLING = {
    "a name without an end": header(tarfile.XHDTYPE, 2**27) + bytes(2**27),
    "a name of GNU without an end": header(tarfile.GNUTYPE_LONGNAME, 2**27) + bytes(2**27),
    "a common name without an end": header(tarfile.XGLTYPE, 2**27) + bytes(2**27),
    "names of names": header(tarfile.GNUTYPE_LONGNAME, 2).ljust(1024, b"x") * 3000,
    "extended headers of extended headers": header(tarfile.XHDTYPE, 0) * 3000,
    "a table of holes": header(tarfile.XHDTYPE, len(HOLES))
    + HOLES.ljust(512, b"\0")
    + header(tarfile.REGTYPE, 2**27)
    + b"9999999\n"
    + b"1\n" * 2**22,
    "an extended header of no length": header(tarfile.XHDTYPE, 10) + b"0 path=x\n\n".ljust(512, b"\0"),
    "an extended header cut off": header(tarfile.XHDTYPE, 10) + b"99 path=x\n".ljust(512, b"\0"),
    "a size below nothing": header(tarfile.XHDTYPE, 12) + b"12 size=-12\n".ljust(512, b"\0") + header(b"0", 3),
}


@pytest.mark.slow
@pytest.mark.parametrize("where", ["first", "later"])
@pytest.mark.parametrize("case", FILLING)
def test_headers_that_would_fill_the_memory_are_refused(results, refused, case, where):
    first = tarfile.TarInfo(SUMS).tobuf() if where == "later" else b""
    Path("bad.tar.gz").write_bytes(gzip.compress(first + FILLING[case], compresslevel=1))
    before = sorted(results.rglob("*"))
    with bounded(), refused("^bad.tar.gz: (does not begin|holds|is not an archive)"):
        unpack("bad.tar.gz", "new")
    assert sorted(results.rglob("*")) == before


@pytest.mark.parametrize(
    "content",
    [b"", b"no archive", gzip.compress(b"", mtime=0), gzip.compress(b"x" * 5000, mtime=0)],
    ids=["nothing", "text", "packed nothing", "packed text"],
)
def test_what_is_no_archive_is_refused(refused, content):
    Path("bad.tar.gz").write_bytes(content)
    with refused("^bad.tar.gz: "):
        unpack("bad.tar.gz", "new")


def test_a_missing_archive_is_refused(refused):
    with refused("^none.tar.gz: "):
        unpack("none.tar.gz", "new")


def files_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked_or_refused(content: bytes, name: str) -> dict[str, bytes] | str:
    """The files that an archive of these bytes gives, or the sentence that refuses it and leaves nothing."""
    Path("changed.tar.gz").write_bytes(content)
    try:
        unpack("changed.tar.gz", name)
    except ValueError as fault:
        assert not Path(name).exists()
        return str(fault)
    return files_of(Path(name))


def test_an_archive_cut_anywhere_is_refused_unless_all_files_are_there(archive):
    content = archive.read_bytes()
    unpack(archive, "right")
    right = files_of(Path("right"))
    ends = range(0, len(content), max(1, len(content) // 60))
    found = {end: unpacked_or_refused(content[:end], f"new{end}") for end in ends}
    refusals = [told for told in found.values() if isinstance(told, str)]
    assert len(refusals) > 50
    assert all(told.startswith("changed.tar.gz: ") for told in refusals)
    assert all(files == right for files in found.values() if not isinstance(files, str))  # cut in what ends a tar file
    assert not list(Path.cwd().glob(".new*"))


def test_an_archive_with_one_wrong_bit_is_refused_or_gives_the_same_files(archive):
    content = archive.read_bytes()
    unpack(archive, "right")
    right = files_of(Path("right"))
    places = range(0, len(content), max(1, len(content) // 80))
    found = {
        place: unpacked_or_refused(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :], f"new{place}")
        for place in places
    }
    refusals = [told for told in found.values() if isinstance(told, str)]
    assert len(refusals) > 40
    assert all(told.startswith("changed.tar.gz: ") for told in refusals)
    assert all(files == right for files in found.values() if not isinstance(files, str))  # in a header nobody reads
    assert not list(Path.cwd().glob(".new*"))
