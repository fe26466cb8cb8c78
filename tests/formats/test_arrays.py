"""Arrays of snapshots: what is read from good ones, and a sentence for every bad one."""

import io
import pickle

import numpy as np
import pytest

from tests.conftest import with_changes
from weightflow.errors import InputError
from weightflow.formats.arrays import read_npy, read_npz

CUBE = np.arange(24).reshape(2, 3, 4)  # trajectory, time, variable
STATES, HOURS = np.arange(10.0).reshape(5, 2), np.array([2.5, 0, 2.5, 1, 2.5])


def test_npy_axes_are_trajectory_time_variable(saved, dataset_settings):
    raw = read_npy(saved("data.npy", CUBE), dataset_settings)
    assert raw.times.tolist() == [0, 1, 2]
    assert raw.variables == ["x1", "x2", "x3", "x4"]
    assert raw.paired
    for t, states in enumerate(raw.states):
        np.testing.assert_array_equal(states, CUBE[:, t])


@pytest.mark.parametrize("axes", [("time", "trajectory", "variable"), ("variable", "time", "trajectory")])
def test_npy_axes_in_another_order_give_the_same_states(saved, dataset_settings, axes):
    names = ("trajectory", "time", "variable")
    moved = CUBE.transpose([names.index(axis) for axis in axes])
    raw = read_npy(saved("data.npy", moved), with_changes(dataset_settings, axes=list(axes)))
    for t, states in enumerate(raw.states):
        np.testing.assert_array_equal(states, CUBE[:, t])


def test_npy_in_fortran_order_gives_the_same_states(saved, dataset_settings):
    raw = read_npy(saved("data.npy", np.asfortranarray(CUBE)), dataset_settings)
    np.testing.assert_array_equal(raw.states[1], CUBE[:, 1])


def test_npy_takes_times_and_names_from_the_settings(saved, dataset_settings):
    settings = with_changes(dataset_settings, times=[0.5, 1, 7], variables=["a", "b", "c", "d"])
    raw = read_npy(saved("data.npy", CUBE), settings)
    assert raw.times.tolist() == [0.5, 1, 7]
    assert raw.variables == ["a", "b", "c", "d"]


def npy_bytes() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, CUBE)
    return buffer.getvalue()


def npz_bytes() -> bytes:
    buffer = io.BytesIO()
    np.savez(buffer, CUBE)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (np.zeros((3, 4)), r"has 2 axes \(3, 4\); expected 3, named by the key axes"),
        (np.zeros((3, 4, 2, 2)), "has 4 axes"),
        (np.zeros((3, 0, 2)), "has no times or no variables"),
        (np.array([[["a"]]]), "expected numbers, found <U1"),
        (np.zeros((2, 2, 2), complex), "expected numbers, found complex128"),
        (np.array([[[None, 1]]], dtype=object), "holds Python objects"),
        (pickle.dumps([1, 2]), "holds Python objects or is not a .npy file"),
        (b"", "truncated or not a .npy array"),
        (b"time,a\n0,1\n", "not a .npy"),
        (npy_bytes()[:-1], "truncated or not a .npy array"),
        (npy_bytes()[:60], "truncated or not a .npy array"),
        (npz_bytes(), "expected numbers, found an archive"),
    ],
)
def test_a_bad_npy_file_is_refused_by_name(saved, dataset_settings, content, sentence):
    with pytest.raises(InputError, match=rf"data\.npy: .*{sentence}"):
        read_npy(saved("data.npy", content), dataset_settings)


def test_pickled_content_is_never_run(saved, dataset_settings, tmp_path):
    class Touch:
        def __reduce__(self):
            return (open, (str(tmp_path / "touched"), "w"))

    with pytest.raises(InputError):
        read_npy(saved("data.npy", np.array([[[Touch()]]], dtype=object)), dataset_settings)
    assert not (tmp_path / "touched").exists()


def test_too_few_names_are_refused(saved, dataset_settings):
    with pytest.raises(InputError, match="holds 4 variables but the key variables names 2"):
        read_npy(saved("data.npy", CUBE), with_changes(dataset_settings, variables=["a", "b"]))


def test_npz_is_grouped_by_time(saved, dataset_settings):
    raw = read_npz(saved("data.npz", {"X": STATES, "time": HOURS}), dataset_settings)
    assert raw.times.tolist() == [0, 1, 2.5]
    assert raw.variables == ["x1", "x2"]
    assert [states.tolist() for states in raw.states] == [[[2, 3]], [[6, 7]], [[0, 1], [4, 5], [8, 9]]]
    assert not raw.paired


def test_npz_takes_keys_and_names_from_the_settings(saved, dataset_settings):
    settings = with_changes(dataset_settings, matrix="pca", time_column="day", variables=["a", "b"])
    path = saved("data.npz", {"X": CUBE, "pca": STATES.astype(int), "day": HOURS.astype(str)})
    raw = read_npz(path, settings)
    assert raw.times.tolist() == [0, 1, 2.5]
    assert raw.variables == ["a", "b"]
    assert raw.states[0].dtype.kind == "i"


def test_compressed_npz_is_read(tmp_path, dataset_settings):
    np.savez_compressed(tmp_path / "data.npz", X=STATES, time=HOURS)
    assert [len(states) for states in read_npz(tmp_path / "data.npz", dataset_settings).states] == [1, 1, 3]


def zipped(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def damaged() -> bytes:
    """An archive whose first member's bytes do not fit its checksum."""
    whole = bytearray(zipped(X=np.random.default_rng(0).normal(size=(500, 2)), time=np.zeros(500)))
    whole[2000:2100] = bytes(100)
    return bytes(whole)


@pytest.mark.parametrize(
    ("content", "changes", "sentence"),
    [
        (b"", {}, "truncated or not an .npz archive"),
        (b"time,a\n0,1\n", {}, "truncated or not an .npz archive"),
        (pickle.dumps([1, 2]), {}, "truncated or not an .npz archive"),
        (zipped(X=STATES, time=HOURS)[:-30], {}, "truncated or not an .npz archive"),
        (damaged(), {}, "the array 'X' is truncated or damaged"),
        (npy_bytes(), {}, "holds one array, not an archive"),
        (zipped(), {}, r"no array 'X'; set matrix to one of \(none\)"),
        (zipped(x=STATES, time=HOURS), {}, "no array 'X'; set matrix to one of x, time"),
        (zipped(X=STATES, hour=HOURS), {}, "no array 'time'; set time_column to one of X, hour"),
        (zipped(X=STATES.astype(object), time=HOURS), {}, "the array 'X' holds Python objects, which are pickled"),
        (zipped(X=STATES, time=HOURS.astype(object)), {}, "the array 'time' holds Python objects"),
        (zipped(X=STATES.astype(str), time=HOURS), {}, "the array 'X' holds <U32, not numbers"),
        (zipped(X=STATES.astype(complex), time=HOURS), {}, "the array 'X' holds complex128, not numbers"),
        (zipped(X=CUBE, time=HOURS), {}, r"the array 'X' has shape \(2, 3, 4\); expected \(states, variables\)"),
        (zipped(X=STATES[:, :0], time=HOURS), {}, r"the array 'X' has shape \(5, 0\)"),
        (zipped(X=STATES, time=HOURS[:3]), {}, r"has 5 states and 'time' has shape \(3,\)"),
        (zipped(X=STATES, time=HOURS[:, None]), {}, r"'time' has shape \(5, 1\)"),
        (zipped(X=STATES, time=np.array(list("01x23"))), {}, "the array 'time' holds 'x', which is no number"),
        (zipped(X=STATES, time=np.full(5, np.nan)), {}, "the array 'time' has gaps"),
        (zipped(X=STATES[:0], time=HOURS[:0]), {}, "the array 'time' is empty"),
        (zipped(X=STATES, time=HOURS), {"times": [0.0]}, "the file has its own times in 'time'"),
        (zipped(X=STATES, time=HOURS), {"variables": ["a"]}, "holds 2 variables but the key variables names 1"),
    ],
)
def test_a_bad_npz_file_is_refused_by_name(saved, dataset_settings, refused, content, changes, sentence):
    with refused(rf"data\.npz: .*{sentence}"):
        read_npz(saved("data.npz", content), with_changes(dataset_settings, **changes))


def test_a_name_for_two_variables_is_refused(saved, dataset_settings, refused):
    with refused(r"data\.npz: .*the variable a is there twice"):
        read_npz(saved("data.npz", {"X": STATES, "time": HOURS}), dataset_settings.but(variables=("a", "a")))
