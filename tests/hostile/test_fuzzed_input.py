"""Fuzzing: random bytes and slightly changed valid files are read or refused, without a crash."""

import gzip
import io
import itertools
import json
import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from tests.hostile.files import CANARY, CODE, LAW, SPECIES, SYSTEMS, bounded, check_sentence, h5ad, sbml
from tests.image_samples import cifar_rows, examples, folders, idx, svhn, tar
from weightflow.anchors.files import read_anchor, write_anchor
from weightflow.config.settings import Configuration
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import observed_count, read_snapshots, write_snapshots
from weightflow.dynamics.weight_graph import read_weight_graph, write_weight_graph
from weightflow.errors import InputError
from weightflow.formats import hdf5_probe
from weightflow.formats.reading import read_raw_snapshots
from weightflow.formats.registry import READERS
from weightflow.populations.tasks.examples import read_examples
from weightflow.populations.tasks.images import read_cifar, read_folders, read_idx, read_svhn
from weightflow.populations.tasks.settings import ExampleSettings
from weightflow.prediction.predictions import Prediction, read_prediction, write_prediction
from weightflow.records.archive import unpack, write_archive
from weightflow.storage import read_metadata
from weightflow.systems.expressions import compile_expression
from weightflow.systems.reading import read_system
from weightflow.teaching.teachers import read_teachers
from weightflow.yaml_files import read_config

pytestmark = pytest.mark.hostile


def good(suffix: str) -> bytes:
    """A small valid file of a format."""
    out = io.BytesIO()
    states, time = np.arange(8).reshape(4, 2), np.arange(4.0)
    table = pd.DataFrame({"time": time, "a": states[:, 0], "b": states[:, 1]})
    match suffix:
        case ".npy":
            np.save(out, np.arange(12).reshape(2, 3, 2))
        case ".npz":
            np.savez_compressed(out, X=states, time=time)
        case ".parquet":
            table.to_parquet(out)
        case ".csv" | ".tsv":
            table.to_csv(out, index=False, sep=READ_AS[suffix])
        case ".csv.gz" | ".tsv.gz":
            table.to_csv(out, index=False, sep=READ_AS[suffix], compression={"method": "gzip", "mtime": 1})
        case ".h5ad":
            h5ad(lambda _: None)()
            return Path("data.h5ad").read_bytes()
    return out.getvalue()


READ_AS = {".csv": ",", ".tsv": "\t", ".csv.gz": ",", ".tsv.gz": "\t"}
CONFIG = b"seeds: [0, 1]\ndatasets:\n  mine: &m {system: epidemic, times: [1, 2.5, 3]}\n  two: *m\nmodels: {a: {}}\n"
SYSTEM = (SYSTEMS / "birth_death.yaml").read_bytes()
DIFFUSION = (SYSTEMS / "heavy_tails.yaml").read_bytes()


def model() -> bytes:
    law = LAW.format("<apply><times/><cn>2</cn><ci>X</ci></apply>")
    law = law.replace(
        "<kineticLaw>",
        '<listOfReactants><speciesReference species="X"/></listOfReactants><kineticLaw>',
    ).replace('id="r"', 'id="r" reversible="false"')
    return sbml(f'<model id="m">{SPECIES}{law}</model>').encode()


def mutated(whole: bytes) -> st.SearchStrategy[bytes]:
    """Bytes of any kind, and valid ones with bits turned, cut, doubled, or with a piece of another place."""
    places = st.integers(0, max(0, len(whole) - 1))

    def turned(changes: list[tuple[int, int]]) -> bytes:
        content = bytearray(whole)
        for place, bits in changes:
            content[place] ^= bits
        return bytes(content)

    flips = st.lists(st.tuples(places, st.integers(1, 255)), min_size=1, max_size=8).map(turned)
    cuts = st.tuples(places, places).map(lambda p: whole[: min(p)] + whole[max(p) :])
    doubled = st.tuples(places, places).map(lambda p: whole[: max(p)] + whole[min(p) :])
    spliced = st.tuples(places, places, st.integers(1, 64)).map(
        lambda p: whole[: p[0]] + whole[p[1] : p[1] + p[2]] + whole[p[0] + p[2] :]
    )
    replaced_by = st.tuples(places, st.binary(min_size=1, max_size=16)).map(
        lambda p: whole[: p[0]] + p[1] + whole[p[0] + len(p[1]) :]
    )
    return st.one_of(st.binary(max_size=300), flips, cuts, doubled, spliced, replaced_by)


FUZZED = hypothesis_settings(
    max_examples=int(os.environ.get("WEIGHTFLOW_FUZZ", "120")),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def fuzz(whole: bytes, name: str, read: Callable[[], Any], pack: Callable[[bytes], bytes] = bytes) -> None:
    """Give mutated bytes, packed if need be, to a reader, which reads or refuses them."""

    @FUZZED
    @given(mutated(whole))
    @example(whole)
    @example(b"")
    def attempt(content: bytes) -> None:
        Path(name).write_bytes(pack(content))
        try:
            with bounded():
                read()
        except InputError as fault:
            check_sentence(fault)

    attempt()
    assert {path.name for path in Path().iterdir()} <= {name, "seed", "own.yaml"}


@pytest.mark.parametrize("suffix", READERS)
def test_bytes_of_data_are_read_or_refused(small_machine, monkeypatch, suffix):
    settings = DatasetSettings(file="data.npy")
    monkeypatch.setattr(hdf5_probe, "check_survives", lambda path: None)  # half a second, for every one of them
    whole = good(suffix)
    Path(f"data{suffix}").write_bytes(whole)
    read_raw_snapshots(f"data{suffix}", settings)  # a file that is not valid would prove nothing
    fuzz(whole, f"data{suffix}", lambda: read_raw_snapshots(f"data{suffix}", settings))


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".tsv.gz", ".parquet"])
def test_bytes_of_examples_are_read_or_refused(small_machine, suffix):
    given = {"inputs": "X"} if suffix == ".npz" else {}
    settings = ExampleSettings(file=f"data{suffix}", label="time", **given)
    whole = good(suffix)
    Path(f"data{suffix}").write_bytes(whole)
    assert read_examples(settings).labels == ("0", "1", "2", "3")
    fuzz(whole, f"data{suffix}", lambda: read_examples(settings))


@pytest.mark.parametrize(
    ("whole", "read"),
    [
        (CONFIG, lambda: Configuration.of(read_config("file.yaml"), "file.yaml")),
        (SYSTEM, lambda: read_system("file.yaml")),
        (DIFFUSION, lambda: read_system("file.yaml")),
    ],
    ids=["config", "system", "diffusion"],
)
def test_bytes_of_yaml_are_read_or_refused(small_machine, whole, read):
    fuzz(whole, "file.yaml", read)


def test_bytes_of_sbml_are_read_or_refused(small_machine):
    Path("own.yaml").write_text(yaml.safe_dump({"kind": "sbml", "model": "m.xml", "grid": {"points": 3, "step": 1}}))
    Path("m.xml").write_bytes(model())
    read_system("own.yaml")
    fuzz(model(), "m.xml", lambda: read_system("own.yaml"))


def test_bytes_of_json_are_read_or_refused(small_machine):
    fuzz(
        b'{"first": {"member": "bridge", "noise": 0.5}, "later": [1, null]}', "f.json", lambda: read_teachers("f.json")
    )


@pytest.mark.parametrize("kind", ["anchor", "graph", "snapshots", "prediction"])
def test_bytes_of_artefacts_are_read_or_refused(small_machine, graph, counts, kind):
    predicted = Prediction(np.zeros(2), [np.zeros((3, 2)), np.zeros((1, 2))])
    write, read = {
        "anchor": (lambda path: write_anchor(path, 1.0, np.zeros(5)), read_anchor),
        "graph": (lambda path: write_weight_graph(path, graph), read_weight_graph),
        "snapshots": (lambda path: write_snapshots(path, counts, {}), read_snapshots),
        "prediction": (lambda path: write_prediction(path, predicted), read_prediction),
    }[kind]
    write("seed")
    read("seed")
    fuzz(
        Path("seed").read_bytes(),
        "file.safetensors",
        lambda: (read_metadata("file.safetensors"), read("file.safetensors")),
    )


FAST = partial(gzip.compress, compresslevel=1)
IMAGES = {
    "idx": (lambda: gzip.decompress(idx(PIXELS[:, 0])), FAST, lambda: read_idx("file", "seed")),
    "cifar": (
        lambda: gzip.decompress(tar({"test_batch.bin": cifar_rows(*LARGE)})),
        FAST,
        partial(read_cifar, "file", "test"),
    ),
    "svhn": (lambda: svhn(PIXELS, LABELS, packed=False), bytes, partial(read_svhn, "file")),
    "packed svhn": (lambda: svhn(PIXELS, LABELS), bytes, partial(read_svhn, "file")),
    "folders": (lambda: folders(PIXELS, LABELS), bytes, partial(read_folders, "file")),
}
PIXELS, LABELS = examples(4, (3, 4, 4), 2)
LARGE = examples(2, (3, 32, 32), 2)


@pytest.mark.parametrize("kind", IMAGES)
def test_bytes_of_images_are_read_or_refused(small_machine, kind):
    make, pack, read = IMAGES[kind]
    Path("seed").write_bytes(idx(LABELS.astype("u1")))
    Path("file").write_bytes(pack(make()))
    read()
    fuzz(make(), "file", read, pack)


def test_bytes_of_archives_are_unpacked_or_refused(small_machine):
    name = "results/" + "long/" * 30 + "x"
    write_archive("seed", {name: Path(__file__)}, {"datasets": {}}, [])
    unpack("seed", small_machine / "right")
    right = {path.relative_to(small_machine / "right") for path in (small_machine / "right").rglob("*")}
    numbers = itertools.count()

    def read() -> None:
        folder = small_machine / f"new{next(numbers)}"
        try:
            unpack("file", folder)
            assert {path.relative_to(folder) for path in folder.rglob("*")} <= right
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        assert not list(small_machine.glob(".new*"))

    fuzz(gzip.decompress(Path("seed").read_bytes()), "file", read, FAST)


@FUZZED
@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda x: st.lists(x, max_size=3) | st.dictionaries(st.text(), x, max_size=3),
        max_leaves=20,
    )
)
def test_any_metadata_of_an_artefact_are_read_or_refused(tmp_path_factory, about):
    path = tmp_path_factory.mktemp("any") / "file.safetensors"
    save_file({"weights": np.zeros(3), "time": np.zeros(1)}, path, metadata={"weightflow": json.dumps(about)})
    for read in (read_anchor, read_snapshots, observed_count, read_weight_graph):
        with pytest.raises(InputError):
            read(path)


LETTERS = "X birth()+-*/.,0123456789e<>=:[]{}'\"_\n\\lambdimportv"


@FUZZED
@given(st.text(LETTERS, max_size=60) | st.text(max_size=30) | st.text("(X+1)*-", max_size=300))
@example(CODE)
@example("().__class__.__base__.__subclasses__()")
def test_any_text_is_arithmetic_or_refused(text):
    try:
        found = compile_expression(text, ["X"], {"birth": 2.0}, "here")
    except InputError as fault:
        check_sentence(fault)
    else:
        assert set(found.operations.tolist()) <= set(range(16))
    assert not Path(CANARY).exists()
