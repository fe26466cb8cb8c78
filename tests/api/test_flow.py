"""Flows: fitted as by the workflow's scripts, saved, loaded, scored and compared."""

import json
import zipfile

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from tests.api.conftest import SMALL
from weightflow.api.data import from_snapshots, simulate
from weightflow.api.fitting import fit
from weightflow.api.flow import load

FIELD = {"width": 8, "layers": 1, "heads": 2, "feedforward": 8}
KINDS = {
    "spline": {},
    "cde": {"dynamics": {"kind": "cde", **FIELD}, "training": {"steps": 3}},
    "ode": {"dynamics": {"kind": "ode", **FIELD}, "training": {"steps": 3}},
    "begun": {"dynamics": {"kind": "cde", "start": "spline", **FIELD}, "training": {"steps": 2, "behavioural": 1}},
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_flow_is_the_same_flow(data, tmp_path, kind):
    made = fit(data, settings=SMALL | {"backbone": {"hidden": 2}} | KINDS[kind], progress=False)
    made.save(tmp_path / "a.flow")
    found = load(tmp_path / "a.flow")
    assert (found.settings, found.seed, found.variables) == (made.settings, made.seed, made.variables)
    times = [0.0, 12.5, 60.0, 100.0]
    np.testing.assert_array_equal(found.weights(times), made.weights(times))
    found.save(tmp_path / "b.flow")
    assert (tmp_path / "a.flow").read_bytes() == (tmp_path / "b.flow").read_bytes()
    pd.testing.assert_frame_equal(found.at(12.5).sample(5), made.at(12.5).sample(5))


def test_scores_are_log_probabilities_at_each_states_time(flow):
    states, times = np.array([[40, 3, 1], [30, 9, 2], [45, 1, 0]]), [10.0, 20.0, 10.0]
    found = flow.score(states, times)
    assert found[1] == pytest.approx(flow.at(20).log_prob(states[1]))
    np.testing.assert_allclose(found[[0, 2]], flow.at(10).log_prob(states[[0, 2]]))
    frame = pd.DataFrame(states, columns=["S", "I", "R"])[["R", "S", "I"]]
    np.testing.assert_allclose(flow.score(frame, times), found)
    np.testing.assert_allclose(flow.score(states, 10), flow.at(10).log_prob(states))


def test_one_time_is_a_list_of_one(flow):
    assert [density.time for density in flow.along(12.5)] == [12.5]
    np.testing.assert_array_equal(flow.weights(12.5), flow.weights([12.5]))
    assert flow.to_anndata(np.float64(12.5), samples=2).obs["time"].tolist() == [12.5] * 2


def test_dates_are_times_of_data_with_dates(rng):
    days = pd.to_datetime(["2024-03-01", "2024-03-02", "2024-03-05"])
    table = pd.DataFrame({"date": days.repeat(30), "x": rng.normal(size=90)})
    settings = SMALL | {"backbone": {"hidden": 2}, "teacher": {"members": ["bridge"]}}
    flow = fit(from_snapshots(table, time="date"), settings=settings, progress=False)
    for date in ("2024-03-02", pd.Timestamp("2024-03-02"), np.datetime64("2024-03-02")):
        assert flow.at(date).time == 1
    assert [density.time for density in flow.along(days)] == [0, 1, 4]
    assert set(flow.to_anndata(days, samples=1).obs["time"]) == {0, 1, 4}
    np.testing.assert_array_equal(flow.score(table, table["date"]), flow.score(table, np.repeat([0.0, 1, 4], 30)))
    assert (
        flow.compare(from_snapshots(table, time="date", heldout=0), baselines="previous", samples=10)
        .notna()
        .any(axis=None)
    )


@pytest.mark.slow
def test_comparison_has_the_methods_and_metrics_of_the_workflow(flow, data):
    table = flow.compare(data, baselines=["mixture", "weights_linear"], samples=30)
    assert table.index.tolist() == ["flow", "mixture", "weights_linear", "floor_bootstrap", "floor_independent"]
    assert {"nll", "w_marginal_exact", "kl_exact"} < set(table.columns)
    assert table.attrs["times"] == "unseen"
    assert "kl_exact" not in flow.compare(baselines=[], samples=30)  # the flow keeps no system
    long = flow.compare(data, baselines=[], samples=30, long=True)
    unseen = long[~long["seen"] & (long["model"] == "flow") & (long["metric"] == "nll")]
    assert unseen["value"].mean() == pytest.approx(table.loc["flow", "nll"])


def test_cells_come_out(flow):
    made = flow.to_anndata([1.5, 40], samples=7)
    assert made.obs["time"].tolist() == [1.5] * 7 + [40] * 7
    assert made.var_names.tolist() == ["S", "I", "R"]
    assert json.loads(made.uns["weightflow"]["settings"])["backbone"]["hidden"] == 2


@pytest.fixture
def saved(flow, tmp_path):
    flow.save(tmp_path / "a.flow")
    return tmp_path / "a.flow"


def repacked(path, **parts: bytes | None) -> None:
    """A saved flow with other parts."""
    with zipfile.ZipFile(path) as archive:
        content = {name: archive.read(name) for name in archive.namelist()}
    content |= {name.replace("__", "."): part for name, part in parts.items()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, part in content.items():
            if part is not None:
                archive.writestr(name, part)


def damage(path, how: str) -> None:
    match how:
        case "cut short":
            path.write_bytes(path.read_bytes()[:-500])
        case "a flipped byte":
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        case "another version":
            with zipfile.ZipFile(path) as archive:
                about = json.loads(archive.read("flow.json"))
            repacked(path, flow__json=json.dumps(about | {"format": 9, "version": "7.0"}).encode())
        case "a foreign part":
            repacked(path, evil__py=b"print()")
        case "a missing part":
            repacked(path, snapshots__safetensors=None)
        case "no weights":
            repacked(path, spline__safetensors=None)
        case "a damaged part":
            repacked(path, spline__safetensors=b"no tensors")
        case "no zip":
            path.write_text("hello")


DAMAGES = {
    "cut short": "cut short",
    "a flipped byte": "a.flow",
    "another version": "saved by weightflow 7.0 in format 9",
    "a foreign part": "holds 'evil.py'",
    "a missing part": "snapshots is missing",
    "no weights": "neither a spline nor dynamics",
    "a damaged part": "not safetensors",
    "no zip": "no saved flow",
}


@pytest.mark.parametrize("how", DAMAGES)
def test_a_damaged_flow_is_refused_by_name(saved, refused, how):
    damage(saved, how)
    with refused(f"a.flow: .*{DAMAGES[how]}" if DAMAGES[how] != "a.flow" else "a.flow"):
        load(saved)


MISTAKES = {
    "before the first snapshot": (lambda f: f.at(-1), "time -1 is before the first snapshot 0"),
    "past the last snapshot": (lambda f: f.at(101), "past the last snapshot 100; lower it, or set extrapolate=True"),
    "no time": (lambda f: f.at(float("nan")), "no number"),
    "text as a time": (lambda f: f.at("noon"), "no number"),
    "another width": (lambda f: f.score(np.zeros((2, 2)), 1), "3 variables S, I, R"),
    "too few times": (lambda f: f.score(np.zeros((3, 3)), [1, 2]), "one for each"),
    "an unknown baseline": (lambda f: f.compare(baselines=["previus"]), "unknown baseline 'previus'; did you mean"),
    "other variables": (lambda f: f.compare(simulate("birth_death", trajectories=5, heldout=5)), "variables"),
    "an unknown variable": (lambda f: f.plot.motion(variables=["Q"]), "no variable 'Q'"),
    "axes of another shape": (lambda f: f.plot.marginals(axes=plt.subplots()[1]), "1 axes are given for 3 × 4"),
    "no flow": (lambda f: load("absent.flow"), "no such file or folder"),
    "a folder without a run": (lambda f: load("."), "no finished run"),
    "no data": (lambda f: fit([1, 2]), "fit: got a list"),
    "two presets": (
        lambda f: fit(simulate("birth_death", trajectories=5), preset="quick", settings={"preset": "quick"}),
        "preset is given twice",
    ),
    "no device": (lambda f: fit(simulate("birth_death", trajectories=5), device="gpu"), "torch knows no device 'gpu'"),
    "a list of widths for anchors alone": (
        lambda f: fit(
            simulate("birth_death", trajectories=5), preset="thorough", settings={"dynamics": {"kind": "ode"}}
        ),
        "backbone.hidden: only models that learn from states",
    ),
    "dates as times": (
        lambda f: f.score(np.zeros((1, 3)), [pd.Timestamp("2020-02-29")]),
        "no number as the data",
    ),
    "a date as time": (lambda f: f.at("2020-02-29"), "'2020-02-29' is no number"),
    "a frame to compare with": (lambda f: f.compare(pd.DataFrame()), "compare: got a DataFrame"),
    "too few samples": (lambda f: f.compare(samples=9), "9 is no number of samples; give a whole number from 10"),
    "a number as baselines": (lambda f: f.compare(baselines=3), "3 is no list of names"),
    "no samples": (lambda f: f.to_anndata(1.5, samples=0), "samples: 0 is no number of states"),
    "nothing to load": (lambda f: load(None), "load: None is no path"),
    "nowhere to save": (lambda f: f.save(None), "save: None is no path"),
    "a folder to save": (lambda f: f.save("."), "is a folder; name a file in it"),
    "a seed below 0": (lambda f: fit(simulate("birth_death", trajectories=5), seed=-1), "fit: -1 is no seed"),
    "a seed in words": (lambda f: fit(simulate("birth_death", trajectories=5), seed="a"), "fit: 'a' is no seed"),
    "a list of settings": (lambda f: fit(simulate("birth_death", trajectories=5), settings=[1]), "got a list"),
    "a device of another machine": (
        lambda f: fit(simulate("birth_death", trajectories=5), device="xpu"),
        "torch cannot use xpu on this machine",
    ),
    "no times": (lambda f: f.to_anndata([]), "there are no times"),
    "real values for counts": (
        lambda f: f.compare(
            from_snapshots(
                dict.fromkeys(range(0, 101, 25), np.random.default_rng(0).normal(size=(9, 3))),
                variables=["S", "I", "R"],
            )
        ),
        "give the same kind",
    ),
    "an unknown preset": (
        lambda f: fit(simulate("birth_death", trajectories=5), preset="fast"),
        "unknown value 'fast'",
    ),
    "an unknown setting": (
        lambda f: fit(simulate("birth_death", trajectories=5), settings={"spline": {"step": 3}}),
        "spline: unknown key 'step'; did you mean 'steps'?",
    ),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_mistakes_are_one_sentence(flow, refused, case, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    do, pattern = MISTAKES[case]
    with refused(pattern):
        do(flow)


def test_past_the_last_snapshot_on_request(flow):
    assert flow.at(110, extrapolate=True).sample(3).shape == (3, 3)


def test_a_time_that_rounding_puts_past_the_end_is_the_end(flow):
    assert flow.at(100.00000000000001).time == pytest.approx(100)
    pd.testing.assert_series_equal(flow.at(100.00000000000001).mean, flow.at(100).mean)


def test_scaled_data_are_compared_in_the_flows_units(rng):
    values = {t: rng.normal([100 * t, 5], [10, 0.1], (60, 2)) for t in (1, 2, 3)}
    made = {scale: from_snapshots(values, variables=["a", "b"], scale=scale) for scale in ("training", "none")}
    flow = fit(made["training"], settings=SMALL | {"teacher": {"members": ["bridge"]}}, progress=False)
    one, two = (flow.compare(own, baselines=["previous"], samples=50, long=True) for own in made.values())
    np.testing.assert_allclose(one["value"], two["value"], rtol=1e-6)


def test_the_uncertainty_of_means_and_events_holds_their_values(flow):
    found = flow.uncertainty([25, 30], ["I > 5", "S == 50"])
    assert found["quantity"].tolist() == ["mean of S", "mean of I", "mean of R", "I > 5", "S == 50"] * 2
    assert found["time"].tolist() == [25] * 5 + [30] * 5
    assert ((found["low"] <= found["value"]) & (found["value"] <= found["high"])).all()
    density = flow.at(30)
    later = found[found["time"] == 30].set_index("quantity")["value"]
    np.testing.assert_allclose(later["mean of I"], density.mean["I"], rtol=1e-4)
    np.testing.assert_allclose(later["I > 5"], density.probability("I > 5"), rtol=1e-4)
    wider = flow.uncertainty(30, level=0.99)
    assert (wider["high"].to_numpy() > found["high"].to_numpy()[5:8]).all()


def test_the_evidence_is_saved(flow, tmp_path):
    assert len(flow.evidence.missed) in (0, len(flow.data.observed_times) - 1)
    flow.save(tmp_path / "a.flow")
    assert load(tmp_path / "a.flow").evidence == flow.evidence


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"times": 101}, "101"),
        ({"times": 30, "level": 90}, "level: got 90; give a number between 0 and 1"),
        ({"times": 30, "events": "J > 1"}, "uncertainty: events: there is no variable 'J'"),
    ],
)
def test_wrong_questions_about_uncertainty_are_refused(flow, asked, message, refused):
    with refused(message):
        flow.uncertainty(**asked)


@pytest.mark.parametrize(
    "evidence", [{"missed": [0.1]}, {"error_ratio": "x", "missed": []}, {"error_ratio": 1.0, "missed": [0.1]}, 7]
)
def test_damaged_evidence_is_refused(flow, tmp_path, evidence, refused):
    flow.save(tmp_path / "a.flow")
    with zipfile.ZipFile(tmp_path / "a.flow") as archive:
        about = json.loads(archive.read("flow.json"))
    repacked(tmp_path / "a.flow", flow__json=json.dumps(about | {"evidence": evidence}).encode())
    with refused("the evidence is"):
        load(tmp_path / "a.flow")
