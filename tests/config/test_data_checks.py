"""Models that do not suit the data are refused."""

import dataclasses

import numpy as np
import pytest

from weightflow.config.ablation_plan import models_on
from weightflow.config.data_checks import Asked, check_asked, check_models, check_system
from weightflow.data.outline import read_outline
from weightflow.data.snapshots import Snapshots, write_snapshots
from weightflow.data.state_space import Counts, Range
from weightflow.dynamics.settings import ModelSettings
from weightflow.errors import InputError
from weightflow.formats.raw_snapshots import RawSnapshots


@pytest.fixture
def late(counts):
    """A data set whose last time is not observed."""
    return dataclasses.replace(counts, is_observed=np.array([True, False, True, True, True, False]))


def model(kind: str, z_dim: int = 1, order: str | list[str] = "sequential", past: str | None = None) -> dict:
    own = {"backbone": {"order": order}, "dynamics": {"kind": kind}, "path": {"z_dim": z_dim}}
    return {"m": ModelSettings.of(own | {"continuation": {"path": past}}, "my.yaml")}


def test_a_model_with_too_many_dimensions_is_named(counts):
    with pytest.raises(InputError, match=r"data set a: models\.m\.path\.z_dim is 3, and 3 snapshots"):
        check_models(counts, model("cde", z_dim=3), [], "data set a")


def test_models_that_suit_pass(counts):
    check_models(counts, model("cde", z_dim=2), ["weights_linear"], "data set a")


@pytest.mark.parametrize(("kind", "baselines"), [("cde", []), ("ode", ["weights_spline"]), ("ode", ["mixture"])])
def test_what_cannot_pass_the_last_snapshot_is_refused(late, kind, baselines):
    with pytest.raises(InputError, match="data set a: the last time is 7, the last observed one 5"):
        check_models(late, model(kind), baselines, "data set a")


def test_what_can_pass_the_last_snapshot_is_fine(late):
    check_models(late, model("ode"), ["previous", "quantiles", "displacement"], "data set a")
    check_models(late, model("cde", past="linear"), [], "data set a")


def test_asking_a_cde_for_later_times_is_refused_before_training(counts, refused):
    check_models(counts, model("cde"), [], "data set a", asked=[0.5, 7])
    check_models(counts, model("cde", past="constant"), [], "data set a", asked=[0.5, 7.5])
    check_models(counts, model("spline"), [], "data set a", asked=[7.5])
    with refused(r"^data set a: prediction\.times asks for 7\.5, the last observed time is 7, where m must end"):
        check_models(counts, model("cde"), [], "data set a", asked=[7.5, 0.5])


def test_an_order_of_the_variables_is_fine(counts):
    check_models(counts, model("ode", order=["b", "a"]), [], "data set a")


@pytest.mark.parametrize("order", [["b"], ["a", "c"], ["a", "b", "c"]])
def test_an_order_of_other_variables_is_refused(counts, order):
    fault = r"data set a: models\.m\.backbone\.order: .* is not an order of the variables"
    with pytest.raises(InputError, match=fault):
        check_models(counts, model("ode", order=order), [], "data set a")


def few(counts, sizes: list[int]) -> Snapshots:
    """A data set with snapshots of these numbers of training states."""
    training = [np.zeros((size, 2), dtype=int) for size in sizes]
    return dataclasses.replace(counts, training=training)


def test_a_snapshot_of_too_few_states_is_named_before_training(counts, refused):
    data, curve = few(counts, [2, 1, 1, 2, 2, 2]), {"m": ModelSettings()}
    at = r"^data set a: models\.m: the snapshot at time 2 has 1 training state, and 2 are needed, one of them for valid"
    with refused(at):
        check_models(data, curve, [], "data set a")
    single = {"spline": {"curvature": 1, "roughness": 1, "kernel": 0, "independence": 0}}
    check_models(data, {"m": ModelSettings.of(single, "my.yaml")}, [], "data set a")
    check_models(data, model("ode"), [], "data set a")
    check_models(few(counts, [2, 0, 2, 0, 0, 2]), curve, [], "data set a")
    training = [np.zeros((1, 11), dtype=int)] * 6
    many = dataclasses.replace(data, training=training, variables=[f"x{i}" for i in range(11)])
    with refused("^data set a: models.m: the snapshot at time 0 has 1 training state, and 2 are needed"):
        check_models(many, {"m": ModelSettings.of(single, "my.yaml")}, [], "data set a")


def test_a_share_that_leaves_too_few_states_is_named_before_training(counts, refused):
    shared = {"m": ModelSettings.of({"data": {"share": 0.5}}, "my.yaml")}
    check_models(few(counts, [8] * 6), shared, [], "data set a")
    with refused(r"^data set a: models\.m\.data\.share: the snapshot at time 7 has 5 training states, of which 0"):
        check_models(few(counts, [8] * 5 + [5]), shared, [], "data set a")


def test_a_released_latent_path_needs_even_times(counts, tmp_path, refused):
    """A released ODE has no path."""
    for time in (0, 2, 7):
        (tmp_path / f"feat_t{time}.pt").touch()

    def released(kind: str) -> dict[str, ModelSettings]:
        own = {"preset": "published", "dynamics": {"kind": kind}, "released": {"folder": str(tmp_path)}}
        return {"m": ModelSettings.of(own, "my.yaml")}

    check_models(counts, released("ode"), [], "data set a")
    with refused(r"^data set a: models\.m\.released\.folder: the observed times are not evenly spaced"):
        check_models(counts, released("cde"), [], "data set a")
    (tmp_path / "feat_t2.pt").unlink()
    with refused(r"^data set a: models\.m\.released\.folder: .* has anchors at the times 0, 7, and the observed"):
        check_models(counts, released("ode"), [], "data set a")


def raw(*variables: str, times: tuple[float, ...] = (0, 1, 2, 3)) -> RawSnapshots:
    states = [np.zeros((5, len(variables))) for _ in times]
    return RawSnapshots(np.array(times, dtype=float), states, list(variables), paired=True)


@pytest.mark.parametrize("names", [("S", "I", "R"), ("x1", "x2", "x3")])
def test_the_systems_variables_and_times_are_fine(names):
    check_system(raw(*names), "epidemic", ("S", "I", "R"), 4, "data.npy")


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (raw("S", "I"), "holds 2 variables, and the system epidemic has 3 species; name the system the file"),
        (raw("x1", "x2"), "holds 2 variables"),
        (
            raw("S", "R", "I"),
            "variable 2 is 'R', and species 2 of the system epidemic is 'I'; give the variables",
        ),
        (raw("x2", "x1", "x3"), "variable 1 is 'x2'"),
        (raw("S", "I", "D"), "variable 3 is 'D'"),
        (raw("S", "I", "R", times=(0, 1, 2)), "holds 3 times, and the grid of the system epidemic has 4 points"),
        (
            raw("S", "I", "R", times=(0, 0.5, 1, 1.5)),
            "a snapshot is at time 0.5, which is step 1 on the grid of the system epidemic",
        ),
        (
            raw("S", "I", "R", times=(1, 2, 3, 4)),
            "time 1, which is step 0 on the grid of the system epidemic; times must count",
        ),
    ],
)
def test_what_the_system_cannot_have_made_is_refused_in_one_sentence(made, fault):
    with pytest.raises(InputError) as refusal:
        check_system(made, "epidemic", ("S", "I", "R"), 4, "data.npy")
    text = str(refusal.value)
    assert text.startswith(f"data.npy: {fault}") or fault in text
    assert text.endswith(", or set system: null and heldout to a fraction.")


@pytest.fixture
def asked(complete):
    """What a config asks of a data set."""

    def of(dataset: str, **config) -> Asked:
        sets = {"datasets": {name: {"system": "epidemic"} for name in ("a", "b")}}
        full = complete(sets | config)
        return Asked(
            models_on(dataset, full),
            full.baselines,
            full.prediction.times or (),
            full.evaluation.leave_one_out,
        )

    return of


def test_every_model_of_a_data_set_is_checked(counts, asked):
    wide = {"dynamics": {"kind": "cde"}, "path": {"z_dim": 3}}
    check_asked(counts, "a", asked("a", models={"m": {}}))
    with pytest.raises(InputError, match=r"data set a: models\.second\.path\.z_dim is 3"):
        check_asked(counts, "a", asked("a", models={"m": {}, "second": wide}))
    study = {"models": {"m": {}}, "ablations": {"datasets": ["b"], "factors": {"path": {"wide": wide}}}}
    check_asked(counts, "a", asked("a", **study))
    with pytest.raises(InputError, match=r"data set b: models\.path-wide\.path\.z_dim is 3"):
        check_asked(counts, "b", asked("b", **study))


def test_times_of_predictions_before_the_first_snapshot_are_refused(counts, asked):
    check_asked(counts, "a", asked("a", prediction={"times": [0, 0.1, 7]}))
    with pytest.raises(InputError, match=r"data set a: prediction\.times: -1 is before the first observed time 0"):
        check_asked(counts, "a", asked("a", prediction={"times": [1, -1]}))


def test_folds_of_two_snapshots_are_refused(counts, asked):
    two, three = (dataclasses.replace(counts, is_observed=np.isin(range(6), [5, 0, 2][:n])) for n in (2, 3))
    check_asked(two, "a", asked("a"))
    check_asked(three, "a", asked("a", evaluation={"leave_one_out": True}))
    with pytest.raises(InputError, match="data set a: 2 snapshots are observed, and leaving one out needs at least 3"):
        check_asked(two, "a", asked("a", evaluation={"leave_one_out": True}))


def test_an_outline_is_checked_as_its_snapshots_are(counts, asked, tmp_path):
    write_snapshots(tmp_path / "snapshots.safetensors", counts, {})
    with pytest.raises(InputError, match=r"prediction\.times: -1 is before"):
        check_asked(read_outline(tmp_path / "snapshots.safetensors"), "a", asked("a", prediction={"times": [-1]}))


def test_a_closed_range_must_hold_the_training_states(counts, refused):
    largest = max(int(states.max()) for states in counts.observed)
    space = Counts.of([dataclasses.replace(Range(largest + 4), largest=largest)])
    data = dataclasses.replace(counts, space=space)
    for fine in (largest + 1, "observed"):
        check_models(data, {"m": ModelSettings.of({"backbone": {"levels": fine}}, "c")}, [], "data set a")
    said = rf"^data set a: models\.m\.backbone\.levels: {largest} counts end at .* set {largest + 1} or more"
    with refused(said):
        check_models(data, {"m": ModelSettings.of({"backbone": {"levels": largest}}, "c")}, [], "data set a")
