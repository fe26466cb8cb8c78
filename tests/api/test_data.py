"""Data sets made in Python are those that the workflow prepares."""

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import yaml

from weightflow.api.data import from_anndata, from_snapshots, read, simulate


@pytest.fixture
def counts(rng) -> dict[float, np.ndarray]:
    return {0: rng.integers(0, 5, (30, 2)), 2.5: rng.integers(0, 7, (40, 2)), 7: rng.integers(2, 9, (20, 2))}


def frame_of(snapshots, names=("S", "I"), time="day") -> pd.DataFrame:
    parts = [pd.DataFrame(states, columns=list(names)).assign(**{time: t}) for t, states in snapshots.items()]
    return pd.concat(parts, ignore_index=True)


def test_arrays_frames_and_files_are_the_same_data(counts, tmp_path):
    arrays = from_snapshots(counts, variables=["S", "I"])
    frames = from_snapshots(
        {t: pd.DataFrame(x, columns=["S", "I"])[["I", "S"]] for t, x in counts.items()}, variables=["S", "I"]
    )
    table = frame_of(counts)
    long = from_snapshots(table, time="day")
    table.to_csv(tmp_path / "counts.csv", index=False)
    file = read(tmp_path / "counts.csv", time="day")
    for data in (frames, long, file):
        assert data.variables == ["S", "I"]
        np.testing.assert_array_equal(data.times, [0, 2.5, 7])
        for one, two in zip(arrays.snapshots.training, data.snapshots.training, strict=True):
            np.testing.assert_array_equal(one, two)
        for one, two in zip(arrays.snapshots.heldout, data.snapshots.heldout, strict=True):
            np.testing.assert_array_equal(one, two)
    assert arrays.kind == "discrete"
    told = repr(arrays)
    for part in ("S, I", "0 to 7", "3 in all", "counts 0"):
        assert part in told


def test_whole_numbers_are_counts_and_others_real_values(counts):
    assert from_snapshots(counts).snapshots.discrete
    assert not from_snapshots({t: x + 0.5 for t, x in counts.items()}).snapshots.discrete
    assert not from_snapshots({t: x - 3 for t, x in counts.items()}).snapshots.discrete
    assert not from_snapshots(counts, kind="continuous").snapshots.discrete


def test_the_states_come_out_as_a_table(counts):
    data = from_snapshots(counts, variables=["S", "I"], heldout=0.1)
    table, held = data.to_frame(), data.to_frame(heldout=True)
    assert table.columns.tolist() == ["time", "S", "I"]
    assert table["time"].value_counts().to_dict() == {0: 27, 2.5: 36, 7: 18}
    assert len(held) == 9
    renamed = from_snapshots(frame_of(counts, ("time", "I")), time="day").to_frame()
    assert renamed.columns.tolist() == ["day", "time", "I"]


@pytest.mark.parametrize("matrix", ["X", "layers/log", "obsm/X_pca", "raw/X"])
def test_cells_in_memory_are_those_of_their_file(rng, tmp_path, matrix):
    obs = pd.DataFrame({"day": pd.Categorical(["1"] * 20 + ["3"] * 20 + ["8"] * 20)}, [f"c{i}" for i in range(60)])
    x = rng.normal(size=(60, 3))
    cells = anndata.AnnData(scipy.sparse.csr_matrix(x), obs, pd.DataFrame(index=list("abc")), layers={"log": x + 1})
    cells.obsm["X_pca"] = x @ rng.normal(size=(3, 2))
    cells.raw = cells
    cells.write_h5ad(tmp_path / "cells.h5ad")
    own, file = from_anndata(cells, time="day", matrix=matrix), read(tmp_path / "cells.h5ad", time="day", matrix=matrix)
    assert own.variables == file.variables
    np.testing.assert_array_equal(own.times, [1, 3, 8])
    np.testing.assert_allclose(own.to_frame(), file.to_frame())
    assert from_anndata(cells, time="day", matrix=matrix, variables=2).variables == own.variables[:2]


def test_simulation_is_that_of_the_workflows_jobs(root):
    data = simulate("birth_death", trajectories=20, seed=4, heldout=10, observe_every=25)
    assert data.times.tolist() == list(range(101))
    assert data.observed_times.tolist() == [0, 25, 50, 75, 100]
    assert len(data.snapshots.training[0]) == 20
    assert len(data.snapshots.heldout[0]) == 10
    file = root / "resources" / "systems" / "birth_death.yaml"
    for system in (file, yaml.safe_load(file.read_text())):
        again = simulate(system, trajectories=20, seed=4, heldout=10, observe_every=25)
        pd.testing.assert_frame_equal(again.to_frame(), data.to_frame())
    assert data.law is not None
    np.testing.assert_allclose(data.law.marginals(3, 60).sum(1), 1, atol=1e-5)


def test_cells_of_a_diffusion_are_real_values_of_unequal_numbers():
    own = {"trajectories": 20, "seed": 4, "heldout": 10, "observe_at": [0, 10, 40], "cells": [30, 9, 50]}
    data = simulate("ornstein_uhlenbeck", **own)
    assert data.kind == "continuous"
    assert data.observed_times.tolist() == [0, 10, 40]
    assert [len(part) for part in data.snapshots.observed] == [30, 9, 50]
    assert {len(part) for part in data.snapshots.heldout} == {10}
    assert len(data.snapshots.training[1]) == 20
    assert np.isclose(data.law.means[0], [-1, 1]).all()
    pd.testing.assert_frame_equal(simulate("ornstein_uhlenbeck", **own).to_frame(), data.to_frame())


X = np.zeros((5, 2))
FRAME = pd.DataFrame(X, columns=["S", "I"])
MISTAKES = {
    "no file": (lambda: read("absent.csv"), "absent.csv"),
    "an unknown format": (lambda: read("data.doc"), "data.doc"),
    "an unknown key": (lambda: from_snapshots({0: X}, observe_evry=2), "unknown key 'observe_evry'; did you mean"),
    "an unknown system": (lambda: simulate("epidemc"), "unknown system 'epidemc'; did you mean 'epidemic'?"),
    "a system without species": (lambda: simulate({"title": "x"}), "system: .*missing"),
    "cells of a network": (lambda: simulate("birth_death", cells=[5, 5]), "cells: only simulated cells of a diffusion"),
    "too few numbers of cells": (
        lambda: simulate("heavy_tails", observe_at=[0, 20, 40], cells=[5, 5]),
        "cells: there are 2 numbers for 3 observed times",
    ),
    "no such time": (lambda: simulate("heavy_tails", observe_at=[0, 20, 41]), "observe_at names the time 41"),
    "one snapshot": (lambda: from_snapshots({0: X}), "at least 2"),
    "NaN": (lambda: from_snapshots({0: X, 1: X, 2: X * np.nan}), "time 2 holds NaN"),
    "text": (lambda: from_snapshots({0: [["a"]], 1: X, 2: X}), "not numbers only"),
    "widths": (lambda: from_snapshots({0: X, 1: X, 2: np.zeros((5, 3))}), r"time 2: has shape \(5, 3\).*2 variables"),
    "no time": (lambda: from_snapshots({"a": X}), "the list of times holds 'a', which is no number"),
    "nothing": (lambda: from_snapshots({}), "give states by their time"),
    "no such column": (
        lambda: from_snapshots(pd.DataFrame({"a": [1]}), time="t"),
        "no column 't'; set time to one of a",
    ),
    "fractions of counts": (lambda: from_snapshots(dict.fromkeys(range(3), X + 0.5), kind="discrete"), "fractions"),
    "an unknown kind": (lambda: from_snapshots({0: X}, kind="counts"), "unknown value 'counts'"),
    "a number held out of a file": (lambda: from_snapshots({0: X, 1: X, 2: X}, heldout=500), "heldout: 500"),
    "a share held out of a simulation": (lambda: simulate("birth_death", heldout=0.2), "heldout: 0.2"),
    "scaled counts": (lambda: from_snapshots(dict.fromkeys(range(3), X), kind="discrete", scale="training"), "scale"),
    "pairs of other sizes": (
        lambda: from_snapshots({0: X, 1: X, 2: np.zeros((6, 2))}, paired=True),
        "paired snapshots have 5 to 6 states",
    ),
    "a url": (lambda: read("data.csv", url="https://example.org/data.csv"), "the key url is of configs"),
    "rows of different lengths": (lambda: from_snapshots({0: [[1, 2], [3]], 1: X, 2: X}), "different lengths"),
    "nothing to read": (lambda: read(None), "None is no path of a file"),
    "a frame to read": (lambda: read(pd.DataFrame({"day": [1]})), "use from_snapshots"),
    "an absent file in Python's words": (lambda: read("absent.csv"), "no such file; check the path"),
    "a frame as cells": (lambda: from_anndata(pd.DataFrame({"day": [1]})), "is no AnnData; use from_snapshots"),
    "cells as snapshots": (lambda: from_snapshots(anndata.AnnData(X)), "use from_anndata"),
    "rows as snapshots": (lambda: from_snapshots([{"time": 0, "a": 1}]), "give pandas.DataFrame of it"),
    "masked values": (
        lambda: from_snapshots({0: np.ma.masked_equal([[1], [9]], 9), 1: X[:, :1], 2: X[:, :1]}),
        "time 0: has masked values",
    ),
    "complex values": (lambda: from_snapshots(dict.fromkeys(range(3), X + 1j)), "complex128, not numbers"),
    "complex values in a frame": (
        lambda: from_snapshots(frame_of(dict.fromkeys(range(3), X + 1j)), time="day"),
        "'S' holds complex128",
    ),
    "complex cells": (
        lambda: from_anndata(anndata.AnnData(X + 1j, pd.DataFrame({"time": range(5)}))),
        "the matrix 'X': holds complex128",
    ),
    "a column in the first frame alone": (
        lambda: from_snapshots({0: FRAME.assign(z=1), 1: FRAME, 2: FRAME}),
        "time 1: the column 'z' is in some",
    ),
    "a column in a later frame alone": (
        lambda: from_snapshots({0: FRAME, 1: FRAME.assign(z=1), 2: FRAME}),
        "time 1: the column 'z' is in some",
    ),
    "an empty name": (
        lambda: from_snapshots(dict.fromkeys(range(3), X), variables=["S", ""]),
        "variable 2 has no name",
    ),
    "two names for the times": (lambda: from_snapshots(FRAME, time="S", time_column="I"), "give time alone"),
    "trajectories of states in memory": (lambda: from_snapshots({0: X}, trajectories=3), "trajectories has no use"),
    "real values of a simulation": (lambda: simulate("birth_death", kind="continuous"), "kind has no use"),
    "no system": (lambda: simulate(None), "None is no system"),
    "an object in a system": (lambda: simulate({"title": object()}), "system: <object.* cannot be part"),
    "a seed below 0": (lambda: simulate("birth_death", seed=-1), "-1 is no seed"),
    "names as one text": (lambda: from_snapshots(dict.fromkeys(range(3), X), variables="SI"), "'SI' is no list"),
    "no obs": (lambda: from_anndata(anndata.AnnData(X), time="day"), "obs has no 'day'"),
    "no matrix": (
        lambda: from_anndata(anndata.AnnData(X, pd.DataFrame({"day": range(5)})), time="day", matrix="obsm/X"),
        "no matrix 'obsm/X'; set matrix to one of X",
    ),
}


@pytest.mark.filterwarnings("ignore:Transforming to str index")
@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_one_sentence(refused, case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    do, pattern = MISTAKES[case]
    with refused(pattern):
        do()


@pytest.mark.filterwarnings("ignore:Transforming to str index")
@pytest.mark.parametrize("variables", [0, -1, True, [], 1.0])
def test_variables_are_names_or_a_number_from_1_on(refused, variables, tmp_path):
    frame_of(dict.fromkeys(range(3), X)).to_csv(tmp_path / "a.csv", index=False)
    cells = anndata.AnnData(X, pd.DataFrame({"time": range(5)}))
    for make in (
        lambda: read(tmp_path / "a.csv", time="day", variables=variables),
        lambda: from_snapshots(dict.fromkeys(range(3), X), variables=variables),
        lambda: from_snapshots(FRAME, time="S", variables=variables),
        lambda: from_anndata(cells, variables=variables),
    ):
        with refused("variables"):
            make()


def test_a_number_of_variables_takes_the_first_of_arrays_and_frames(counts):
    assert from_snapshots(counts, variables=1).variables == ["x1"]
    frames = {t: pd.DataFrame(x, columns=["S", "I"]) for t, x in counts.items()}
    assert from_snapshots(frames, variables=1).variables == ["S"]


def test_dates_may_be_the_times_of_arrays(counts):
    days = (pd.Timestamp("2020-02-28"), "2020-03-01", np.datetime64("2020-03-06"))
    data = from_snapshots(dict(zip(days, counts.values(), strict=True)))
    assert data.times.tolist() == [0, 2, 7]
    assert data.snapshots.time_label == "day (since 2020-02-28)"


def test_sparse_columns_are_numbers(counts):
    table = frame_of(counts)
    sparse = table.assign(S=pd.arrays.SparseArray(table["S"]))
    pd.testing.assert_frame_equal(
        from_snapshots(sparse, time="day").to_frame(), from_snapshots(table, time="day").to_frame()
    )


def test_the_column_of_times_labels_the_axis(counts):
    assert from_snapshots(frame_of(counts), time="day").snapshots.time_label == "day"
    assert from_snapshots(frame_of(counts), time="day", time_label="days").snapshots.time_label == "days"
    assert from_snapshots(frame_of(counts, time="time")).snapshots.time_label == "time step"


def test_a_system_may_hold_numbers_of_numpy_and_its_data_say_what_a_time_is():
    system = {
        "title": "bd",
        "species": ("X",),
        "parameters": {"b": np.float64(4)},
        "reactions": [{"equation": "0 -> X", "rate": "b"}, {"equation": "X -> 0", "rate": np.float64(0.5)}],
        "initial": {"X": np.int64(0)},
        "grid": {"points": 5, "step": 0.5},
    }
    assert "times count the grid's steps of 0.5" in repr(simulate(system, trajectories=5, heldout=2, progress=False))


def test_a_frame_is_read_as_a_table_in_a_file(counts):
    table = frame_of(counts).assign(cell_id=range(90), kind="b")
    data = from_snapshots(table, time="day")
    assert data.variables == ["S", "I"]
    assert "left out: cell_id (an id, by its name), kind (text)" in repr(data)
    dated = table.assign(day=table["day"].map({0: "2020-02-28", 2.5: "2020-03-01", 7: "2020-03-06"}))
    dated = from_snapshots(dated, time="day")
    assert dated.times.tolist() == [0, 2, 7]
    assert dated.snapshots.time_label == "day (since 2020-02-28)"
    assert from_snapshots(table, time="day", variables=["I", "cell_id"]).variables == ["I", "cell_id"]


def test_real_values_that_happen_to_be_whole_may_be_scaled(counts):
    data = from_snapshots(counts, variables=["S", "I"], scale="training", heldout=0.1)
    assert data.kind == "continuous"
    whole = np.concatenate([data.to_frame()[["S", "I"]], data.to_frame(heldout=True)[["S", "I"]]])
    np.testing.assert_allclose(
        np.sort(whole, axis=0), np.sort(np.concatenate(list(counts.values())), axis=0), atol=1e-9
    )


def test_nothing_held_out_is_compared_with_the_training_states(counts):
    assert from_snapshots(counts, heldout=0).snapshots.reference == "training"


def test_a_system_given_as_a_dictionary_is_called_so_in_messages(refused):
    system = {
        "kind": "diffusion",
        "title": "loud",
        "source": "made up",
        "variables": ["u"],
        "drift": {"u": "-u"},
        "noise": {"u": "0.5 * u"},
        "initial": {"u": {"mean": 0.5, "sd": 1.0}},
        "grid": {"points": 5, "step": 0.1},
    }
    with refused(r"system: noise\.u: it is -"):
        simulate(system, trajectories=50, heldout=10)
