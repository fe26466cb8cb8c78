"""Hostile input is refused in one sentence, before memory is allocated, and none of it is executed or written.

`HOSTILE` lists every case by name. A case writes its files into an empty folder and passes them to the functions that
the workflow's scripts call. To add one, write `"its name": Case(written, read, "words of the sentence")`.
"""

import json
import os
import pickle
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow
import pyarrow.parquet
import pytest
import torch
import yaml

from tests.hostile.files import (
    CANARY,
    CODE,
    DOUBLING,
    HUGE,
    LAUGHS,
    LAW,
    LISTS,
    MAPS,
    MERGES,
    PICKLE,
    ROOT,
    SPECIES,
    SYSTEMS,
    TABLE,
    bombed_npz,
    both,
    bounded,
    check_sentence,
    encrypted_npz,
    external,
    file,
    gzip_bomb,
    h5ad,
    header_of,
    linked,
    listing,
    lying_npz,
    misplaced,
    nothing,
    npy_header,
    npz,
    pa_table,
    parquet_bomb,
    parquet_with_code,
    raw_tensors,
    replaced,
    sbml,
    sparse,
    strange_npz,
    tensors,
    unwritten,
    virtual,
    widened,
)
from tests.workflow.test_bad_input import TARGET, config_of, npy, refuse, trained
from weightflow.anchors.files import read_anchor, read_anchors, read_start, write_anchor
from weightflow.bands.bands import read_bands
from weightflow.config.consistency import check_files, check_systems
from weightflow.config.figure_text import check_variables
from weightflow.config.plan import Plan
from weightflow.config.stages import chosen_backbone
from weightflow.data.preparation import check_states
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import observed_count, read_snapshots
from weightflow.dynamics.latent_path import read_latent_path
from weightflow.dynamics.weight_graph import read_weight_graph
from weightflow.dynamics.weight_spline import read_spline
from weightflow.errors import InputError
from weightflow.formats.downloads import fetch
from weightflow.formats.reading import read_raw_snapshots
from weightflow.laws.law import read_law
from weightflow.networks.settings import BackboneSettings
from weightflow.populations.autoencoders.files import read_autoencoder
from weightflow.populations.correction import Correction
from weightflow.populations.population import read_networks, read_population, read_sources
from weightflow.populations.tasks.task import PARTS, read_task
from weightflow.populations.weight_flow import WeightFlow
from weightflow.prediction.predictions import read_prediction
from weightflow.storage import read_json
from weightflow.systems.reading import read_system
from weightflow.teaching.teachers import read_teachers
from weightflow.yaml_files import read_config

pytestmark = pytest.mark.hostile


@dataclass(frozen=True)
class Case:
    """A hostile input.

    Attributes:
        written: writes it into the folder, which is the working one.
        read: gives it to the workflow's code.
        says: part of the sentence that refuses it.
    """

    written: Callable[[], Any]
    read: Callable[[], Any]
    says: str


def raw(name: str = "data.npy", **changes: Any) -> Callable[[], Any]:
    """As the script check_file does it."""

    def read():
        settings = DatasetSettings(file="data.npy").but(file=name, **changes)
        data = read_raw_snapshots(name, settings)
        check_states(data, settings, name)
        check_variables(data.variables, name)

    return read


def configuration(name: str = "config.yaml") -> Callable[[], Any]:
    """As the workflow does it."""

    def read():
        config = Plan.of(read_config(name), ROOT, name).config
        check_files(config, name)
        check_systems(config, SYSTEMS, name)

    return read


def in_config(content: str | dict, says: str, *further: Callable[[], Any]) -> Case:
    text = content if isinstance(content, str) else yaml.safe_dump(content)
    return Case(both(file("config.yaml", text), *further), configuration(), says)


def in_dataset(says: str, *further: Callable[[], Any], **settings: Any) -> Case:
    return in_config({"datasets": {"mine": {"system": "epidemic", **settings}}}, says, *further)


def in_system(says: str, **change: Any) -> Case:
    good = yaml.safe_load((SYSTEMS / "birth_death.yaml").read_text(encoding="utf-8"))
    text = yaml.safe_dump({key: value for key, value in (good | change).items() if value is not None})
    return Case(file("own.yaml", text), partial(read_system, "own.yaml"), says)


def in_propensity(text: str, says: str) -> Case:
    return in_system(says, reactions=[{"equation": "X -> 0", "propensity": text}])


def in_model(content: str | bytes, says: str) -> Case:
    system = {"kind": "sbml", "model": "model.xml", "grid": {"points": 3, "step": 1}}
    written = both(file("model.xml", content), file("own.yaml", yaml.safe_dump(system)))
    return Case(written, partial(read_system, "own.yaml"), says)


def in_artefact(written: Callable[[], Any], read: Callable[[str], Any], says: str) -> Case:
    return Case(written, partial(read, "file.safetensors"), says)


def in_facts(content: str, read: Callable[[str], Any], says: str) -> Case:
    return Case(file("file.json", content), partial(read, "file.json"), says)


def from_url(url: str, says: str) -> Case:
    return Case(nothing, lambda: fetch(url.format(os.getcwd()), "fetched.csv", None, wait=0), says)


GRAPH = {
    "times": np.zeros(2),
    "tokens": np.zeros((2, 1, 2)),
    "mask": np.ones((1, 2), dtype=np.uint8),
    "layer": np.zeros(1, dtype=np.int64),
    "neuron": np.zeros(1, dtype=np.int64),
}
STATES = {"times": [0.0, 1], "is_observed": [1, 1], "heldout.states": np.zeros((0, 1)), "heldout.counts": [0, 0]}
STATES |= {"training.states": np.zeros((4, 1)), "training.counts": [2, 2]}
ABOUT = {
    "represented": None,
    "variables": ["a"],
    "space": {"kind": "discrete", "levels": 3},
    "reference": "training",
    "time_label": "t",
    "source": {},
    "observed": 2,
    "left_out": None,
}
LINKED = "is a link to another place"
OUTSIDE = "must be free, in the working folder, outside of hidden folders"
DAMAGED = "truncated or not safetensors"
CPU = torch.device("cpu")
read_encoder, read_flow_of_weights = partial(read_autoencoder, device=CPU), partial(WeightFlow.read, device=CPU)
read_correction = partial(Correction.read, device=CPU)
POPULATION = {"weights": np.zeros((2, 5)), "epochs": [1, 4], "checkpoints": np.zeros((2, 2, 5))}
RECIPES = [{"learning_rate": 0.1}] * 2
TASK = {f"{part}.{what}": own for part in PARTS for what, own in (("inputs", np.zeros((2, 3))), ("labels", [0, 1]))}
ENCODER = {"width": 2, "layers": 1, "heads": 1, "feedforward": 2, "latent": 1}
ENCODED = {"network.maps.maps.mean": np.zeros(4, "f4"), "network.maps.maps.scale": np.ones(4, "f4")}
CHUNKS = ENCODER | {"tokens": "chunks", "chunk": 1, "codes": "tokens"}
LAYERS_OF_NOTHING = {
    "velocity.layers.3.weight": np.zeros((0, 10**9), "f4"),
    "velocity.layers.0.0.weight": np.zeros((0, 64), "f4"),
}
BANDS = {"times": np.zeros(2), "marginals": np.zeros((3, 2, 1, 4)), "edges": np.zeros((0, 0))}
BANDS |= {"means": np.zeros((3, 2, 1)), "events": np.zeros((3, 2, 0))}
LACKING = "a part of the file is missing or does not fit"

HOSTILE = {
    # arrays
    "npy: a pickle": Case(file("data.npy", PICKLE), raw(), "Python objects"),
    "npy: pickled objects in an array": Case(
        file("data.npy", npy_header((1, 1, 1), "|O") + PICKLE), raw(), "Python objects"
    ),
    "npy: more elements than bytes": Case(file("data.npy", npy_header((10**6,) * 3)), raw(), "truncated"),
    "npy: a count of elements past 64 bits": Case(file("data.npy", npy_header((2**40,) * 3)), raw(), "truncated"),
    "npy: a negative shape": Case(file("data.npy", npy_header((-1, 4, 4)) + bytes(99)), raw(), "data.npy"),
    "npy: a shape of True": Case(file("data.npy", npy_header((True, 1, 1)) + bytes(8)), raw(), "data.npy"),
    "npy: a billion times of nothing": Case(
        file("data.npy", npy_header((0, 10**9, 1))), raw(), "1000000000 times, and 1000000 is the most"
    ),
    "npy: a billion variables of nothing": Case(
        file("data.npy", npy_header((0, 3, 10**9))), raw(), "1000000000 variables, and 1000000 is the most"
    ),
    "npy: a file with holes larger than the memory": Case(
        sparse("data.npy", npy_header((25_000, 1000, 4)), 128 + 8 * 10**8), raw(), "0.5 GiB is the most"
    ),
    "npy: Fortran order of too much": Case(
        sparse("data.npy", npy_header((25_000, 1000, 4), fortran=True), 128 + 8 * 10**8), raw(), "GiB of memory"
    ),
    "npy: fields": Case(file("data.npy", npy_header((1, 1, 1), [("a", "<i8")]) + bytes(8)), raw(), "numbers"),
    "npy: fields of objects": Case(
        file("data.npy", npy_header((1, 1, 1), [("a", "|O")]) + PICKLE), raw(), "Python objects"
    ),
    "npy: elements without bytes": Case(file("data.npy", npy_header((HUGE, 1, 1), "<U0")), raw(), "data.npy"),
    "npy: code for a type": Case(file("data.npy", npy_header((1, 1, 1), CODE)), raw(), "truncated"),
    "npy: code for a header": Case(
        file("data.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(CODE)) + CODE.encode()), raw(), "data.npy"
    ),
    "npy: a header without an end": Case(
        file("data.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff" + b"[" * 10**6), raw(), "truncated"
    ),
    "npy: brackets in the header": Case(
        file("data.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", 9000) + b"[" * 9000), raw(), "truncated"
    ),
    "npy: counts of 10 to the 18": Case(
        file("data.npy", npy(np.full((3, 4, 1), 10**18))),
        raw(),
        "holds the count 1e+18, and 1,000,000,000 is the largest",
    ),
    "npy: NaN for times": Case(
        file("data.npy", npy(np.ones((3, 2, 1)))), raw(times=[0.0, float("nan")]), "key times has gaps"
    ),
    "npy: a folder": Case(lambda: os.mkdir("data.npy"), raw(), "no such file"),
    "npy: a pipe that never ends": Case(lambda: os.mkfifo("data.npy"), raw(), "no such file"),
    "npy: a device": Case(lambda: os.symlink("/dev/zero", "data.npy"), raw(), "no such file"),
    "npy: a link to itself": Case(lambda: os.symlink("data.npy", "data.npy"), raw(), "no such file"),
    "npy: a name of 5000 letters": Case(nothing, raw("a" * 5000 + ".npy"), "no such file"),
    "npy: a name with NUL": Case(nothing, raw("a\0.npy"), "no such file"),
    # archives of arrays
    "npz: a gibibyte of zeros": Case(bombed_npz, raw("data.npz"), "'X', of shape (134217728, 1), would take"),
    "npz: a header of a pebibyte": Case(lying_npz, raw("data.npz"), "GiB of memory"),
    "npz: a count of elements past 64 bits": Case(
        npz(X=npy_header((2**40,) * 3), time=npy(np.zeros(3))), raw("data.npz"), "GiB of memory"
    ),
    "npz: a header of exbibytes": Case(
        npz(X=npy_header((2**57, 1)), time=npy(np.zeros(3))), raw("data.npz"), "GiB of memory"
    ),
    "npz: a trillion variables of nothing": Case(
        npz(X=npy_header((0, 10**12)), time=npy(np.zeros(0))), raw("data.npz"), "1000000000000 variables"
    ),
    "npz: pickled objects": Case(
        npz(X=npy_header((1, 1), "|O") + PICKLE, time=npy(np.zeros(1))), raw("data.npz"), "pickled"
    ),
    "npz: pickled times": Case(
        npz(X=npy(np.ones((1, 1))), time=npy_header((1,), "|O") + PICKLE), raw("data.npz"), "pickled"
    ),
    "npz: a pickle for a member": Case(npz(X=PICKLE, time=npy(np.zeros(1))), raw("data.npz"), "'X' is trunc"),
    "npz: a pickle": Case(file("data.npz", PICKLE), raw("data.npz"), "not an .npz archive"),
    "npz: names that lead elsewhere": Case(
        npz(**{"../../canary": npy(np.zeros(1)), "/etc/canary": npy(np.zeros(1))}),
        raw("data.npz"),
        "no array 'X'",
    ),
    "npz: an encrypted member": Case(encrypted_npz, raw("data.npz"), "truncated or damaged"),
    "npz: an unknown compression": Case(strange_npz(99), raw("data.npz"), "truncated or damaged"),
    "npz: another compression than was used": Case(strange_npz(14), raw("data.npz"), "truncated or damaged"),
    "npz: times that are NaN": Case(
        npz(X=npy(np.ones((2, 1))), time=npy(np.array([0, np.nan]))), raw("data.npz"), "gaps"
    ),
    "npz: infinite times": Case(
        npz(X=npy(np.ones((2, 1))), time=npy(np.array([0, np.inf]))), raw("data.npz"), "times hold NaN or inf"
    ),
    # tables
    "csv: a line of 10 to the 7 letters": Case(
        file("data.csv", b"a" * 10**7), raw("data.csv"), "field larger than field limit"
    ),
    "csv: NUL": Case(file("data.csv", b"\0" * 1000), raw("data.csv"), "data.csv"),
    "csv: bytes of two encodings": Case(
        file("data.csv", TABLE + "ä".encode() + "ä".encode("utf-16")), raw("data.csv"), "not text in UTF-8"
    ),
    "csv: a file with holes larger than the memory": Case(
        sparse("data.csv", TABLE, 10**12), raw("data.csv"), "0.5 GiB is the most"
    ),
    "csv: rows of more values than columns": Case(
        file("data.csv", "time,a\n0,1,2,3\n1,2,3,4\n"), raw("data.csv"), "more values than the 2 columns"
    ),
    "csv: a variable whose name no figure could show": Case(
        file("data.csv", "time,$\\nothing$\n0,1\n0,2\n1,3\n1,4\n"),
        raw("data.csv"),
        "is not a formula that figures can show",
    ),
    "csv: an empty line and NUL": Case(file("data.csv", b"\n\0"), raw("data.csv"), "data.csv"),
    "csv: one quotation mark": Case(file("data.csv", TABLE + b'9,"' + b"x\n" * 1000), raw("data.csv"), "data.csv"),
    "csv: code in a cell": Case(file("data.csv", TABLE + f"9,={CODE}\n".encode()), raw("data.csv"), "holds text"),
    "csv: counts past 64 bits": Case(file("data.csv", TABLE + b"9,%d\n" % 10**30), raw("data.csv"), "data.csv"),
    "csv.gz: lines a thousand times as long": Case(
        gzip_bomb("data.csv.gz", b"0,1\n", 160), raw("data.csv.gz"), "GiB of memory"
    ),
    "csv.gz: a line without an end": Case(gzip_bomb("data.csv.gz", b"x", 160), raw("data.csv.gz"), "GiB of memory"),
    "csv.gz: a pickle": Case(file("data.csv.gz", b"\x1f\x8b" + PICKLE), raw("data.csv.gz"), "not a readable"),
    "parquet: forty million rows in a few kilobytes": Case(
        parquet_bomb, raw("data.parquet"), "of shape (40000000, 2), would take"
    ),
    "parquet: a pickled type": Case(parquet_with_code, raw("data.parquet"), "'a' holds"),
    "parquet: a pickle": Case(file("data.parquet", PICKLE), raw("data.parquet"), "not a readable table"),
    "parquet: an end alone": Case(
        file("data.parquet", b"PAR1" + b"\xff" * 40 + struct.pack("<I", 2**31) + b"PAR1"),
        raw("data.parquet"),
        "not a readable table",
    ),
    "parquet: a range that pandas is told of": Case(
        lambda: pyarrow.parquet.write_table(
            pa_table([0.0], [1], {"pandas": json.dumps({"index_columns": [CODE], "columns": [{"name": CODE}]})}),
            "data.parquet",
        ),
        raw("data.parquet"),
        "data.parquet",
    ),
    # cells
    "h5ad: a pickle": Case(file("data.h5ad", PICKLE), raw("data.h5ad"), "not a readable .h5ad"),
    "h5ad: a matrix of petabytes that was not written": Case(
        h5ad(unwritten("X", (6, HUGE))), raw("data.h5ad"), "'X' would take"
    ),
    "h5ad: a quadrillion cells": Case(h5ad(unwritten("obs/time", (HUGE,))), raw("data.h5ad"), "'obs' would take"),
    "h5ad: a quadrillion names of cells": Case(
        h5ad(unwritten("obs/_index", (HUGE,), h5py.string_dtype())), raw("data.h5ad"), "'obs' would take"
    ),
    "h5ad: a quadrillion names of variables": Case(
        h5ad(unwritten("var/_index", (HUGE,), h5py.string_dtype())), raw("data.h5ad"), "'var' would take"
    ),
    "h5ad: a sparse matrix of a quadrillion columns": Case(
        h5ad(widened), raw("data.h5ad", matrix="layers/s"), "variables"
    ),
    "h5ad: sparse values beside the matrix": Case(
        h5ad(misplaced), raw("data.h5ad", matrix="layers/s"), "rows or columns out of range"
    ),
    "h5ad: a matrix in another file": Case(
        h5ad(linked("X", h5py.ExternalLink("/etc/passwd", "X"))), raw("data.h5ad"), LINKED
    ),
    "h5ad: a matrix in a pipe": Case(
        both(lambda: os.mkfifo("pipe"), h5ad(linked("X", h5py.ExternalLink("pipe", "X")))),
        raw("data.h5ad"),
        LINKED,
    ),
    "h5ad: cells in another file": Case(
        h5ad(linked("obs", h5py.ExternalLink("other.h5ad", "obs"))), raw("data.h5ad"), LINKED
    ),
    "h5ad: times in another file": Case(
        h5ad(linked("obs/time", h5py.ExternalLink("other.h5ad", "time"))), raw("data.h5ad"), LINKED
    ),
    "h5ad: layers in another file": Case(
        h5ad(linked("layers", h5py.ExternalLink("other.h5ad", "layers"))), raw("data.h5ad"), LINKED
    ),
    "h5ad: a soft link to itself": Case(h5ad(linked("X", h5py.SoftLink("/X"))), raw("data.h5ad"), LINKED),
    "h5ad: a matrix made of other files": Case(
        h5ad(replaced("X", virtual)), raw("data.h5ad"), "keeps its values in other files"
    ),
    "h5ad: a matrix whose bytes are another file's": Case(
        h5ad(replaced("X", external)), raw("data.h5ad"), "keeps its values in other files"
    ),
    "h5ad: a group within itself": Case(
        h5ad(lambda f: f["obs"].__setitem__("time2", f["obs"])), raw("data.h5ad", time_column="x"), "data.h5ad"
    ),
    "h5ad: a list of layers of a quadrillion": Case(
        h5ad(replaced("layers", lambda f: f.create_dataset("layers", (HUGE,), "i1", chunks=(64,)))),
        raw("data.h5ad", matrix="layers/s"),
        "no matrix 'layers/s'",
    ),
    "h5ad: a kind of element that is none": Case(
        h5ad(lambda f: f["X"].attrs.update({"encoding-type": "os.mkdir", "encoding-version": CANARY})),
        raw("data.h5ad"),
        "'X' is damaged or unknown to anndata",
    ),
    "h5ad: a matrix of text": Case(
        h5ad(replaced("X", lambda f: f.create_dataset("X", (6, 2), h5py.string_dtype()))),
        raw("data.h5ad"),
        "data.h5ad",
    ),
    # configs
    "config: a program (YTE)": in_config(
        f"__use_yte__: true\ndatasets: ?{CODE}\n", "configs of this workflow are data"
    ),
    "config: definitions of a program": in_config(
        f'__use_yte__: true\n__definitions__: ["{CODE}"]\ndatasets: {{}}\n', "configs of this workflow are data"
    ),
    "config: an object to make": in_config(f"datasets: !!python/object/apply:os.mkdir [{CANARY}]\n", "constructor"),
    "config: an object to make anew": in_config(
        f"datasets: !!python/object/new:os.mkdir [{CANARY}]\n", "could not determine a constructor"
    ),
    "config: a function by its name": in_config("datasets: !!python/name:os.system\n", "constructor"),
    "config: a module by its name": in_config("datasets: !!python/module:os\n", "could not determine a constructor"),
    "config: an unknown tag": in_config("datasets: !include /etc/passwd\n", "could not determine a constructor"),
    "config: aliases of lists": in_config(LISTS + "datasets: {mine: {times: *a29}}\n", "aliases are written out"),
    "config: aliases of mappings": in_config(MAPS + "datasets: {mine: *a29}\n", "aliases are written out"),
    "config: aliases that are merged": in_config(MERGES + "datasets: {mine: *a29}\n", "aliases are written out"),
    "config: aliases of a long text": in_config(
        f"a: &a {'x' * 10**6}\ndatasets: [{', '.join(['*a'] * 1000)}]\n", "aliases are written out"
    ),
    "config: an alias of itself": in_config("datasets: &a {mine: *a}\n", "refers to itself"),
    "config: brackets without an end": in_config("datasets: " + "[" * 10**5, "nests more than 50 deep"),
    "config: JSON of brackets": in_config("[" * 10**5 + "]" * 10**5, "nests more than 50 deep"),
    "config: JSON that is nested less": in_config(
        '{"datasets": ' + '{"a": ' * 500 + "1" + "}" * 501, "nests more than 50 deep"
    ),
    "config: ten megabytes": in_config("#" + "x" * 10**7, "bytes, and 2000000 is the most"),
    "config: bytes that are no text": Case(
        file("config.yaml", b"datasets: \xff\xfe"), configuration(), "not text in UTF-8"
    ),
    "config: a pickle": Case(file("config.yaml", PICKLE), configuration(), "config.yaml"),
    "config: a number of 5000 digits": in_config(f"seeds: [{'9' * 5000}]\n", "not YAML with plain data only"),
    "config: a number past 64 bits": in_dataset("observe_every: 1000000", observe_every=10**30),
    "config: NaN for a share": in_dataset("heldout: 'nan' is not a number", heldout=float("nan")),
    "config: NaN for a weight": in_config(
        {"datasets": {"mine": {"system": "epidemic"}}, "models": {"a": {"path": {"structural": float("nan")}}}},
        "models.a.path.structural: 'nan' is not a number",
    ),
    "config: an infinite time": in_config(
        {"datasets": {"mine": {"system": "epidemic"}}, "prediction": {"times": [float("inf")]}},
        "prediction.times.0: 'inf' is not a number",
    ),
    "config: a data set that leaves the results": in_config(
        {"datasets": {"../../canary": {"system": "epidemic"}}}, "'../../canary' cannot be used"
    ),
    "config: a data set at the root": in_config({"datasets": {"/etc": {"system": "epidemic"}}}, "cannot be used"),
    "config: a data set with a line's end": in_config(
        {"datasets": {"mine\n": {"system": "epidemic"}}}, "cannot be used"
    ),
    "config: a data set with NUL": in_config({"datasets": {"a\0": {"system": "epidemic"}}}, "cannot be used"),
    "config: a data set of wildcards": in_config({"datasets": {"{seed}*": {"system": "epidemic"}}}, "cannot be used"),
    "config: a data set of 10 to the 5 letters": in_config(
        {"datasets": {"a" * 10**5: {"system": "epidemic"}}}, "cannot be used"
    ),
    "config: a data set by a number": in_config("datasets: {1: {system: epidemic}}\n", "is not text"),
    "config: a model that leaves the results": in_config(
        {"datasets": {"mine": {"system": "epidemic"}}, "models": {"../a": {}}}, "'../a' cannot be used"
    ),
    "config: a level that leaves the results": in_config(
        {"datasets": {"mine": {"system": "epidemic"}}, "ablations": {"factors": {"f": {"../../canary": {}}}}},
        "'../../canary' cannot be used",
    ),
    "config: a file that is a pipe": in_dataset("no file data.npy", lambda: os.mkfifo("data.npy"), file="data.npy"),
    "config: a file that is a device": in_dataset("/dev/zero: its suffix is not known", file="/dev/zero"),
    "config: a file with a line's end": in_dataset("cannot be used", file="data.npy\n"),
    "config: a file of 10 to the 5 letters": in_dataset("too long; 1024 is the most", file="a" * 10**5),
    "config: a file whose name no system takes": in_dataset("there is no file", file="a" * 1000 + ".npy"),
    "config: a system that is a device": in_dataset("there is no file /dev/zero.yaml", system="/dev/zero.yaml"),
    "config: a start that is a pipe": in_config(
        {"datasets": {"mine": {"system": "epidemic"}}, "models": {"a": {"training": {"start_from": "pipe"}}}},
        "there is no file pipe",
        lambda: os.mkfifo("pipe"),
    ),
    "config: a download to another folder": in_dataset(OUTSIDE, file="../canary.csv", url="file:///etc/hostname"),
    "config: a download to the root": in_dataset(OUTSIDE, file="/etc/canary.csv", url="http://127.0.0.1:9/x"),
    "config: a download by a way around": in_dataset(OUTSIDE, file="a/../../canary.csv", url="http://127.0.0.1:9/x"),
    "config: a download among the results": in_dataset(OUTSIDE, file="results/a.csv", url="http://127.0.0.1:9/x"),
    "config: a download to what Snakemake obeys": in_dataset(
        OUTSIDE, file="profiles/default/a.csv", url="http://127.0.0.1:9/x"
    ),
    "config: a download to what Snakemake remembers": in_dataset(
        OUTSIDE, file="data/../.snakemake/a.csv", url="http://127.0.0.1:9/x"
    ),
    "config: a download over a folder": in_dataset(
        "its path must be free", lambda: os.mkdir("a.csv"), file="a.csv", url="http://127.0.0.1:9/x"
    ),
    "config: a download by another protocol": in_dataset("cannot be used", file="a.csv", url="jar:file:///etc/passwd"),
    "config: a download with a line's end": in_dataset("cannot be used", file="a.csv", url="http://a/\r\nHost: b"),
    "config: more trajectories than memory": in_dataset("would take", trajectories=10**6, heldout=10),
    # systems
    "system: aliases": Case(file("own.yaml", LISTS), partial(read_system, "own.yaml"), "aliases are written out"),
    "system: an object to make": Case(
        file("own.yaml", f"title: !!python/object/apply:os.mkdir [{CANARY}]\n"),
        partial(read_system, "own.yaml"),
        "could not determine a constructor",
    ),
    "system: a pipe": Case(lambda: os.mkfifo("own.yaml"), partial(read_system, "own.yaml"), "no such file"),
    "system: a billion species": in_system("longer than 10000", species=["X1..X1000000000"]),
    "system: a million species in ranges": in_system(
        "species: there are more than 10000", species=[f"{a}1..{a}9999" for a in map("a{}a".format, range(100))]
    ),
    "system: a species of 10 to the 5 digits": in_system("too long", species=["X" + "1" * 10**5 + "..X2"]),
    "system: a range of slow names": in_system("is not a range of names", species=["a" + "1" * 190 + ".."]),
    "system: a billion reactions": in_system(
        "more than 10000 entries",
        reactions=[{"equation": "0 -> X", "rate": 1, "repeat": {i: "1..9999" for i in "abc"}}],
    ),
    "system: many repeated reactions": in_system(
        "more than 10000 reactions",
        reactions=[{"equation": "0 -> X", "rate": 1, "repeat": {"i": "1..9999"}}] * 100,
    ),
    "system: a repetition past all numbers": in_system(
        "is not a range that rises", reactions=[{"equation": "0 -> X", "rate": 1, "repeat": {"i": f"1..{'9' * 6000}"}}]
    ),
    "system: a billion of a species at once": in_system(
        "more than 1000 of 'X' at once", reactions=[{"equation": "1000000000 X -> 0", "rate": 1}]
    ),
    "system: a number of a species past 64 bits": in_system(
        "unknown species", reactions=[{"equation": f"{10**30} X -> 0", "rate": 1}]
    ),
    "system: an enormous initial count": in_system("above limits.count", initial={"X": 10**18}),
    "system: an enormous grid": in_system("grid.points", grid={"points": 10**12, "step": 1}),
    "system: an infinite step": in_system("grid.step: 'inf' is not a number", grid={"points": 3, "step": float("inf")}),
    "expression: an import": in_propensity(CODE, "is not allowed"),
    "expression: a call by its name": in_propensity(f"exec('{CODE}')".replace("'", '"', 2), "reactions.0.propensity"),
    "expression: an attribute": in_propensity("X.__class__.__mro__", "is not allowed"),
    "expression: a lambda": in_propensity(f"(lambda: {CODE})()", "is not allowed"),
    "expression: a comprehension": in_propensity(f"[{CODE} for _ in (1,)][0]", "is not allowed"),
    "expression: a walrus": in_propensity("(X := 3)", "is not allowed"),
    "expression: a formatted text": in_propensity("f'{" + CODE.replace("'", '"') + "}'", "reactions.0.propensity"),
    "expression: an index": in_propensity("X[0]", "is not allowed"),
    "expression: a starred call": in_propensity("min(*X)", "min() with 1 arguments"),
    "expression: a tower of powers": in_propensity("9**9**9**9", "propensity"),
    "expression: parentheses": in_propensity("(" * 4000 + "X" + ")" * 4000, "not an arithmetic expression"),
    "expression: signs": in_propensity("-" * 9000 + "X", "propensity"),
    "expression: nested sums": in_propensity("+(1".join([""] * 100) + ")" * 99, "most; write it flatter"),
    "expression: ten million letters": in_propensity("1+" * 10**6 + "1", "own.yaml"),
    "expression: twenty thousand letters": in_propensity("1+" * 10**4 + "1", "longer than 10000 letters"),
    "expression: several lines": in_propensity("(X\n +\n import)", "not an arithmetic expression"),
    "expression: a number past all floats": in_propensity("X * " + "9" * 400, "not an arithmetic expression"),
    "expression: NaN": in_propensity("0 * 1e999", "is nan in the initial state"),
    # models in SBML
    "sbml: a billion laughs": in_model(
        sbml('<model id="m" name="&i;"/>', f'<!DOCTYPE l [<!ENTITY a "ha">{LAUGHS}]>'), "take out the DOCTYPE"
    ),
    "sbml: another file as an entity": in_model(
        sbml('<model id="m"><notes>&a;</notes></model>', '<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/passwd">]>'),
        "take out the DOCTYPE",
    ),
    "sbml: a document type elsewhere": in_model(
        sbml('<model id="m"/>', '<!DOCTYPE l SYSTEM "http://127.0.0.1:9/x.dtd">'), "take out the DOCTYPE"
    ),
    "sbml: formulas without an end": in_model(
        sbml(f'<model id="m">{LAW.format("<apply><minus/>" * 10**5 + "<cn>1</cn>" + "</apply>" * 10**5)}</model>'),
        "nests more than 200 elements",
    ),
    "sbml: functions that double": in_model(
        sbml(f'<model id="m">{DOUBLING}{SPECIES}{LAW.format("<apply><ci>f39</ci><ci>X</ci></apply>")}</model>'),
        "once functions and rules are written out",
    ),
    "sbml: a pickle": in_model(PICKLE, "not valid SBML"),
    "sbml: a pipe": Case(
        both(in_model("", "").written, lambda: (os.remove("model.xml"), os.mkfifo("model.xml"))),
        partial(read_system, "own.yaml"),
        "no such SBML model",
    ),
    # cached artefacts
    "tensors: a pickle": in_artefact(file("file.safetensors", PICKLE), read_anchor, DAMAGED),
    "tensors: a header of exabytes": in_artefact(file("file.safetensors", b"\xff" * 8 + b"{}"), read_anchor, DAMAGED),
    "tensors: a header of brackets": in_artefact(
        file("file.safetensors", header_of(b"[" * 10**6)), read_anchor, DAMAGED
    ),
    "tensors: a shape of exabytes": in_artefact(
        file(
            "file.safetensors",
            header_of({"weights": {"dtype": "F64", "shape": [HUGE], "data_offsets": [0, 8]}}, bytes(8)),
        ),
        read_anchor,
        DAMAGED,
    ),
    "tensors: places outside of the file": in_artefact(
        file(
            "file.safetensors",
            header_of({"weights": {"dtype": "F64", "shape": [1], "data_offsets": [10**9, 10**9 + 8]}}, bytes(8)),
        ),
        read_anchor,
        DAMAGED,
    ),
    "tensors: a file with holes larger than the memory": in_artefact(
        sparse(
            "file.safetensors",
            header_of({"weights": {"dtype": "U8", "shape": [8 * 10**8], "data_offsets": [0, 8 * 10**8]}}),
            8
            + len(header_of({"weights": {"dtype": "U8", "shape": [8 * 10**8], "data_offsets": [0, 8 * 10**8]}}))
            - 8
            + 8 * 10**8,
        ),
        read_anchor,
        "GiB of memory",
    ),
    "tensors: metadata of brackets": in_artefact(raw_tensors("[" * 10**5 + "]" * 10**5), read_anchor, DAMAGED),
    "tensors: metadata that are a list": in_artefact(raw_tensors("[1, 2]"), read_anchor, "expected anchor"),
    "tensors: a kind of many letters": in_artefact(
        raw_tensors(json.dumps({"kind": "x\n" * 10**5})), read_anchor, "expected anchor, found x x"
    ),
    "tensors: a kind that is no text": in_artefact(raw_tensors('{"kind": {"a": [1]}}'), read_anchor, "expected anchor"),
    "anchor: NaN": in_artefact(tensors("anchor", {"weights": [np.nan], "time": [0.0]}), read_anchor, "NaN or infinity"),
    "anchor: infinity": in_artefact(tensors("anchor", {"weights": [1.0], "time": [np.inf]}), read_anchor, "NaN or inf"),
    "anchor: no weights": in_artefact(tensors("anchor", {"time": [0.0]}), read_anchor, LACKING),
    "anchor: another axis": in_artefact(tensors("anchor", {"weights": [[1.0]], "time": [0.0]}), read_anchor, LACKING),
    "anchor: a start of NaN": in_artefact(tensors("start of anchors", {"weights": [np.nan]}), read_start, "NaN"),
    "anchor: of other sizes": Case(
        lambda: [write_anchor(f"anchor-{k:03d}.safetensors", k, np.zeros(2 + k)) for k in range(3)],
        partial(read_anchors, "."),
        "anchors of different sizes",
    ),
    "weight graph: no layers": in_artefact(tensors("weight graph", GRAPH), read_weight_graph, LACKING),
    "weight graph: layers of exabytes": in_artefact(
        tensors("weight graph", GRAPH, layers=[["a", HUGE, HUGE]], anchors="", backbone={}),
        read_weight_graph,
        "do not fit",
    ),
    "weight graph: layers of text": in_artefact(
        tensors("weight graph", GRAPH, layers=[["a", "b", "c"]], anchors="", backbone={}), read_weight_graph, LACKING
    ),
    "weight graph: NaN": in_artefact(
        tensors("weight graph", GRAPH | {"tokens": np.full((2, 1, 2), np.nan)}, layers=[["a", 1, 1]]),
        read_weight_graph,
        "NaN or infinity in tokens",
    ),
    "latent path: of two lengths": in_artefact(
        tensors("latent path", {"times": np.zeros(3), "coordinates": np.zeros((2, 1))}), read_latent_path, LACKING
    ),
    "latent path: NaN": in_artefact(
        tensors("latent path", {"times": np.zeros(2), "coordinates": np.full((2, 1), np.nan)}), read_latent_path, "NaN"
    ),
    "spline: parts that it has not": in_artefact(
        tensors("weight spline", {"times": np.zeros(2), "weights": np.zeros((2, 1)), "more": np.zeros(1)}),
        read_spline,
        LACKING,
    ),
    "spline: NaN": in_artefact(
        tensors("weight spline", {"times": np.zeros(2), "weights": np.full((2, 1), np.nan)}), read_spline, "NaN"
    ),
    "exact law: parts that it has not": in_artefact(
        tensors("exact law", {"means": np.zeros(1), "__class__": np.zeros(1)}), read_law, "holds no exact law"
    ),
    "population: checkpoints of other networks": in_artefact(
        tensors("population", POPULATION | {"checkpoints": np.zeros((3, 2, 5))}, recipes=RECIPES),
        read_population,
        LACKING,
    ),
    "population: no networks": in_artefact(
        tensors(
            "population",
            {"weights": np.zeros((0, 5)), "epochs": [4], "checkpoints": np.zeros((0, 1, 5))},
            recipes=[],
        ),
        read_population,
        LACKING,
    ),
    "population: recipes of text": in_artefact(
        tensors("population", POPULATION, recipes="ab"), read_population, LACKING
    ),
    "population: NaN": in_artefact(
        tensors("population", POPULATION | {"weights": np.full((2, 5), np.nan)}, recipes=RECIPES),
        read_population,
        "NaN or infinity in weights",
    ),
    "networks: of three axes": in_artefact(
        tensors("networks", {"weights": np.zeros((2, 3, 4))}), read_networks, LACKING
    ),
    "task: labels past the classes": in_artefact(
        tensors("task", TASK | {"test.labels": np.array([0, HUGE])}, classes=2), read_task, LACKING
    ),
    "task: labels below zero": in_artefact(
        tensors("task", TASK | {"training.labels": np.array([0, -1])}, classes=2), read_task, LACKING
    ),
    "task: labels that are no numbers of classes": in_artefact(
        tensors("task", TASK | {"training.labels": np.array([0.0, 0.5])}, classes=2), read_task, LACKING
    ),
    "task: inputs of another shape": in_artefact(
        tensors("task", TASK | {"validation.inputs": np.zeros((2, 4))}, classes=2), read_task, LACKING
    ),
    "task: more labels than inputs": in_artefact(
        tensors("task", TASK | {"test.labels": np.zeros(3, int)}, classes=2), read_task, LACKING
    ),
    "task: an empty part": in_artefact(
        tensors("task", TASK | {"test.inputs": np.zeros((0, 3)), "test.labels": np.zeros(0, int)}, classes=2),
        read_task,
        LACKING,
    ),
    "weight flow: no layers": in_artefact(tensors("weight flow", {"mean": np.zeros(2)}), read_flow_of_weights, LACKING),
    "weight flow: layers of exabytes": in_artefact(
        tensors("weight flow", {"mean": np.zeros(0), **LAYERS_OF_NOTHING}),
        read_flow_of_weights,
        LACKING,
    ),
    "weight correction: no layers": in_artefact(
        tensors("weight correction", {"mean": np.zeros(2)}), read_correction, LACKING
    ),
    "weight auto-encoder: a width of exabytes": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[[["a", 2, 1, True]]], settings=ENCODER | {"width": HUGE}),
        read_encoder,
        LACKING,
    ),
    "weight auto-encoder: layers without an end": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[[["a", 2, 1, True]]], settings=ENCODER | {"layers": HUGE}),
        read_encoder,
        LACKING,
    ),
    "weight auto-encoder: neurons of no weights": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[[["a", HUGE, 0, False]]], settings=ENCODER),
        read_encoder,
        LACKING,
    ),
    "weight auto-encoder: neurons without an end": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[[["a", HUGE, 1, False]]], settings=CHUNKS),
        read_encoder,
        LACKING,
    ),
    "weight auto-encoder: more weights than memory has room for": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[[["a", 10**6, 10**6, False]]], settings=CHUNKS),
        read_encoder,
        LACKING,
    ),
    "weight auto-encoder: chunks without an end": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[[["a", 2, 1, True]]], settings=CHUNKS | {"chunk": HUGE}),
        read_encoder,
        LACKING,
    ),
    "weight auto-encoder: of no architecture": in_artefact(
        tensors("weight auto-encoder", ENCODED, layers=[], settings=CHUNKS), read_encoder, LACKING
    ),
    "networks by source: a number": in_artefact(
        tensors("networks by source", {"structure, plain": np.zeros(4)}), read_sources, LACKING
    ),
    "bands: of two lengths": in_artefact(
        tensors("bands", BANDS | {"times": np.zeros(3)}, level=0.9, questions=[]), read_bands, LACKING
    ),
    "bands: parts that they have not": in_artefact(
        tensors("bands", BANDS | {"more": np.zeros(1)}, level=0.9, questions=[]), read_bands, LACKING
    ),
    "snapshots: more states than there are": in_artefact(
        tensors("snapshots", STATES | {"training.counts": [2, HUGE]}, **ABOUT), read_snapshots, LACKING
    ),
    "snapshots: fewer than no states": in_artefact(
        tensors("snapshots", STATES | {"training.counts": [6, -2]}, **ABOUT), read_snapshots, LACKING
    ),
    "snapshots: NaN": in_artefact(
        tensors("snapshots", STATES | {"training.states": np.full((4, 1), np.nan)}, **ABOUT), read_snapshots, "NaN"
    ),
    "snapshots: an unknown space": in_artefact(
        tensors("snapshots", STATES, **ABOUT | {"space": {"kind": "__import__"}}), read_snapshots, LACKING
    ),
    "snapshots: attributes that they have not": in_artefact(
        tensors("snapshots", STATES, **ABOUT | {"__class__": "x"}), read_snapshots, LACKING
    ),
    "snapshots: a number that is text": in_artefact(
        tensors("snapshots", STATES, **ABOUT | {"observed": "many"}), observed_count, LACKING
    ),
    "prediction: no times": in_artefact(tensors("prediction", {"samples": np.zeros((2, 1))}), read_prediction, LACKING),
    "prediction: more samples than there are": in_artefact(
        tensors(
            "prediction",
            {"times": [0.0], "samples": np.zeros((2, 1)), "counts": [HUGE], "sample_weights": np.zeros(0)},
        ),
        read_prediction,
        LACKING,
    ),
    "json: brackets": in_facts("[" * 10**5, read_json, "missing or not JSON"),
    "json: a pickle": Case(file("file.json", PICKLE), partial(read_json, "file.json"), "missing or not JSON"),
    "json: a choice that is a list": in_facts(
        "[1]", lambda f: chosen_backbone(BackboneSettings(), f), "lacks softmax_up_to, hidden"
    ),
    "json: a choice without its width": in_facts(
        '{"__class__": 1}', lambda f: chosen_backbone(BackboneSettings(), f), "lacks softmax_up_to, hidden"
    ),
    "json: teachers that are a list": in_facts("[[]]", read_teachers, LACKING),
    "json: teachers of other parts": in_facts('{"first": {"__class__": 1}}', read_teachers, LACKING),
    # downloads
    "download: a device": from_url("file:///dev/zero", "is no file"),
    "download: a folder": from_url("file://{}", "is no file"),
    "download: a device by a way around": from_url("file:///etc/../dev/zero", "is no file"),
    "download: no address": from_url("http://[::1", "cannot be fetched"),
    "download: a port that is none": from_url("http://127.0.0.1:many/x", "cannot be fetched"),
    "download: a file larger than the memory": Case(
        sparse("large.csv", b"", 10**12),
        lambda: fetch(Path("large.csv").absolute().as_uri(), "fetched.csv", None, wait=0),
        "is the most that fits",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_input_is_refused_and_does_nothing(small_machine, name):
    case = HOSTILE[name]
    case.written()
    before = listing(small_machine)
    with bounded(), pytest.raises(InputError) as refusal:
        case.read()
    assert case.says in str(refusal.value)
    check_sentence(refusal.value)
    assert listing(small_machine) == before
    assert not (small_machine / "work" / CANARY).exists()


def test_the_canary_is_made_where_code_runs(small_machine):
    """A test of the tests: what must not run would be seen."""
    pickle.loads(PICKLE)  # noqa: S301
    assert (small_machine / "work" / CANARY).exists()


def test_there_are_as_many_cases_as_are_asked_for():
    assert len(HOSTILE) >= 60
    assert {name.split(":")[0] for name in HOSTILE} >= {"npy", "npz", "csv", "csv.gz", "parquet", "h5ad", "config"}


WHOLE = {
    "a config of aliases": (LISTS + "datasets: {mine: {times: *a29}}\n", "aliases are written out"),
    "an object to make in a config": (
        f"datasets: !!python/object/apply:os.mkdir [{CANARY}]\n",
        "not valid JSON or YAML",
    ),
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_hostile_config_is_refused_before_snakemake_reads_it(run_snakemake, tmp_path, name):
    text, says = WHOLE[name]
    (tmp_path / "work").mkdir()
    config = tmp_path / "config.yaml"
    config.write_text(text)
    before = listing(tmp_path)
    result = run_snakemake(tmp_path / "work", config, TARGET)
    assert result.returncode != 0
    last = result.stdout.splitlines()[-1]
    assert says in last, result.stdout
    assert last.endswith(".")
    assert "Traceback" not in result.stdout
    assert {path: about for path, about in listing(tmp_path).items() if ".snakemake" not in path} == before
    assert not (ROOT / CANARY).exists()


BOMBS = {
    "an archive that says exbibytes": (HOSTILE["npz: a header of exbibytes"], "data.npz"),
    "a matrix of petabytes": (HOSTILE["h5ad: a matrix of petabytes that was not written"], "data.h5ad"),
    "a pickle in an array": (HOSTILE["npy: pickled objects in an array"], "data.npy"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_file_stops_the_workflow_with_a_sentence(run_snakemake, tmp_path, monkeypatch, name):
    case, data = BOMBS[name]
    monkeypatch.chdir(tmp_path)
    case.written()
    before = listing(tmp_path)
    refuse(run_snakemake(tmp_path, config_of(file=data, kind="continuous"), TARGET), data, case.says)
    after = {path: about for path, about in listing(tmp_path).items() if ".snakemake" not in path}
    assert after == before | {path: after[path] for path in after if path.endswith("config.yaml")}
    assert not trained(tmp_path)
    assert not (ROOT / CANARY).exists()
