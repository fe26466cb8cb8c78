"""Users' files: what is read from good ones, and a sentence for every bad one."""

import io
import pickle

import numpy as np
import pytest

from weightflow.errors import InputError
from weightflow.readers import read_recording

CUBE = np.arange(24).reshape(2, 3, 4)  # trajectory, time, variable


@pytest.fixture
def saved(tmp_path):
    """Save an array, bytes or text under a name."""

    def save(name: str, content):
        path = tmp_path / name
        if isinstance(content, np.ndarray):
            np.save(path, content, allow_pickle=content.dtype == object)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
        return path

    return save


def test_npy_axes_are_trajectory_time_variable(saved, dataset_settings):
    recording = read_recording(saved("data.npy", CUBE), dataset_settings)
    assert recording.times.tolist() == [0, 1, 2]
    assert recording.variables == ["x1", "x2", "x3", "x4"]
    assert recording.paired
    for t, states in enumerate(recording.states):
        np.testing.assert_array_equal(states, CUBE[:, t])


@pytest.mark.parametrize("axes", [("time", "trajectory", "variable"), ("variable", "time", "trajectory")])
def test_npy_axes_in_another_order_give_the_same_states(saved, dataset_settings, axes):
    names = ("trajectory", "time", "variable")
    moved = CUBE.transpose([names.index(axis) for axis in axes])
    recording = read_recording(saved("data.npy", moved), dataset_settings | {"axes": list(axes)})
    for t, states in enumerate(recording.states):
        np.testing.assert_array_equal(states, CUBE[:, t])


def test_npy_in_fortran_order_gives_the_same_states(saved, dataset_settings):
    recording = read_recording(saved("data.npy", np.asfortranarray(CUBE)), dataset_settings)
    np.testing.assert_array_equal(recording.states[1], CUBE[:, 1])


def test_npy_takes_times_and_names_from_the_settings(saved, dataset_settings):
    settings = dataset_settings | {"times": [0.5, 1, 7], "variables": ["a", "b", "c", "d"]}
    recording = read_recording(saved("data.npy", CUBE), settings)
    assert recording.times.tolist() == [0.5, 1, 7]
    assert recording.variables == ["a", "b", "c", "d"]


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tsv", "\t")])
def test_tables_are_grouped_by_time(saved, dataset_settings, suffix, separator):
    text = "b,time,a\n1,2.5,10\n2,0,20\n3,2.5,30\n4,1,40\n".replace(",", separator)
    recording = read_recording(saved(f"data{suffix}", text), dataset_settings)
    assert recording.times.tolist() == [0, 1, 2.5]
    assert recording.variables == ["b", "a"]
    assert [states.tolist() for states in recording.states] == [[[2, 20]], [[4, 40]], [[1, 10], [3, 30]]]
    assert not recording.paired


def test_tables_use_the_columns_that_are_named(saved, dataset_settings):
    settings = dataset_settings | {"variables": ["a"], "time_column": "hour"}
    recording = read_recording(saved("data.csv", "hour,name,a\n0,x,1\n1,y,2\n"), settings)
    assert [states.tolist() for states in recording.states] == [[[1]], [[2]]]


def test_whole_numbers_of_a_table_stay_whole(saved, dataset_settings):
    recording = read_recording(saved("data.csv", "time,a\n0,1\n1,2\n"), dataset_settings)
    assert recording.states[0].dtype.kind == "i"


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
        read_recording(saved("data.npy", content), dataset_settings)


def test_pickled_content_is_never_run(saved, dataset_settings, tmp_path):
    class Touch:
        def __reduce__(self):
            return (open, (str(tmp_path / "touched"), "w"))

    with pytest.raises(InputError):
        read_recording(saved("data.npy", np.array([[[Touch()]]], dtype=object)), dataset_settings)
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("text", "changes", "sentence"),
    [
        ("", {}, "not a readable table"),
        ("hour,a\n0,1\n", {}, "no column 'time'; set time_column to one of hour, a"),
        ("time,a\n0,1\n", {"variables": ["b"]}, "no column 'b'; the key variables may name time, a"),
        ("time\n0\n", {}, "there is no column beside 'time'"),
        ("time,a\n0,x\n", {}, "the column 'a' holds text"),
        ("time,a\nnoon,1\n", {}, "the column 'time' holds text"),
        ("time,a\n0,True\n", {}, "the column 'a' holds text"),
        ("time,a\n,1\n0,2\n", {}, "the column 'time' has gaps"),
        ("time,a\n0,1\n", {"times": [0.0]}, "a table has its own times"),
        ("time,a\n0,1\n1,2,3,4\n", {}, "not a readable table"),
        ("\xff\xfe\0", {}, r"data\.csv"),
    ],
)
def test_a_bad_table_is_refused_by_name(saved, dataset_settings, text, changes, sentence):
    with pytest.raises(InputError, match=rf"data\.csv: .*{sentence}" if "data" not in sentence else sentence):
        read_recording(saved("data.csv", text), dataset_settings | changes)


def test_a_binary_table_is_refused_by_name(saved, dataset_settings):
    with pytest.raises(InputError, match=r"data\.csv: "):
        read_recording(saved("data.csv", bytes(range(256))), dataset_settings)


def test_a_missing_file_is_refused_by_name(tmp_path, dataset_settings):
    with pytest.raises(InputError, match=r"none\.npy: there is no such file; check the data set's key 'file'"):
        read_recording(tmp_path / "none.npy", dataset_settings)


def test_an_unknown_suffix_is_refused_by_name(saved, dataset_settings):
    with pytest.raises(InputError, match=r"data\.xlsx: the suffix '\.xlsx' is not known; use \.npy, \.csv, \.tsv"):
        read_recording(saved("data.xlsx", "text"), dataset_settings)


def test_too_few_names_are_refused(saved, dataset_settings):
    with pytest.raises(InputError, match="holds 4 variables but the key variables names 2"):
        read_recording(saved("data.npy", CUBE), dataset_settings | {"variables": ["a", "b"]})
