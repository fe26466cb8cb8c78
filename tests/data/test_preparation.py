"""Preparation of a data set: refusals, splits, and what is assembled."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import with_changes
from weightflow.data.preparation import (
    assemble,
    check_observed,
    check_states,
    fitted_range,
    heldout_amount,
    observed_mask,
    observed_times,
    split,
    training_sizes,
)
from weightflow.data.relations import Relation
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import read_snapshots, read_training, write_snapshots
from weightflow.data.state_space import Range
from weightflow.errors import InputError
from weightflow.formats.raw_snapshots import RawSnapshots

TIMES = np.array([0.0, 1.0, 2.5])


def good_states() -> list[np.ndarray]:
    return [np.array([[0, 1], [2, 3]]), np.array([[4, 5]]), np.array([[6, 7], [8, 9], [1, 1]])]


def raw(trajectories: int = 10, points: int = 9, variables: int = 2, paired: bool = True) -> RawSnapshots:
    states = list(np.random.default_rng(0).integers(0, 20, (points, trajectories, variables)))
    return RawSnapshots(np.arange(float(points)), states, [f"x{i}" for i in range(variables)], paired)


def with_entry(value) -> list[np.ndarray]:
    states = [s.astype(float) for s in good_states()]
    states[1][0, 1] = value
    return states


def check(states, times, kind="discrete", **own) -> None:
    settings = DatasetSettings(kind=kind, **own)
    check_states(RawSnapshots(times, states, ["x0", "x1"], paired=False), settings, "data.npy")


def test_good_states_pass():
    check(good_states(), TIMES)


def test_booleans_pass_as_counts():
    check([s > 2 for s in good_states()], TIMES)


@pytest.mark.parametrize(
    ("states", "times", "sentence"),
    [
        (good_states(), TIMES[:2], "3 snapshots but 2 times"),
        (good_states(), [0, np.nan, 1], "the times hold NaN"),
        (good_states(), [0, np.inf, 1], "the times hold NaN or infinity"),
        (good_states(), [0, 2, 1], "time 2 is followed by 1; times must increase"),
        (good_states(), [0, 1, 1], "time 1 is repeated; times must increase"),
        ([*good_states()[:2], np.zeros((0, 2))], TIMES, "the snapshot at time 2.5 is empty; remove its time"),
        ([*good_states()[:2], np.zeros(3)], TIMES, r"the snapshot at time 2.5 has shape \(3,\)"),
        (with_entry(np.nan), TIMES, r"the snapshot at time 1 holds NaN or infinity in the variable 'x1' \(NaN stands"),
        (with_entry(np.inf), TIMES, "the snapshot at time 1 holds NaN or infinity in the variable 'x1'"),
        (with_entry(-1), TIMES, "the snapshot at time 1 holds negative counts"),
        (with_entry(0.5), TIMES, "the snapshot at time 1 holds fractions"),
        (
            with_entry(2 * 10**9),
            TIMES,
            "the snapshot at time 1 holds the count 2000000000, and 1,000,000,000 is the largest; count in larger "
            "units, or set kind: continuous, scale: training",
        ),
    ],
)
def test_states_that_no_stage_could_use_are_refused(states, times, sentence):
    with pytest.raises(InputError, match=rf"data\.npy: {sentence}"):
        check(states, times)


def test_real_values_may_be_negative_and_fractional():
    check([np.vstack([s, -0.5 - s]) for s in with_entry(-0.5)], TIMES, "continuous")


@pytest.mark.parametrize(
    ("states", "own", "sentence"),
    [
        (with_entry(0.5), {}, "the snapshot at time 1 has a single state, which has no density; remove its time"),
        ([np.array([[k, 1.0], [k + 1, 1.0]]) for k in range(3)], {}, "the variable 'x1' is constant; leave it out"),
        ([s + np.eye(2) for s in [np.ones((2, 2))] * 3], {"components": 3}, "components is 3, and 6 training states"),
    ],
)
def test_real_values_that_no_stage_could_use_are_refused(states, own, sentence):
    with pytest.raises(InputError, match=rf"^data\.npy: {sentence}"):
        check(states, TIMES, "continuous", **own)


def test_one_observed_snapshot_is_too_few():
    check_observed(observed_mask(4, 2), "data.npy")
    with pytest.raises(InputError, match=r"data\.npy: 1 of 4 snapshots is observed, and a path needs at least 2"):
        check_observed(observed_mask(4, 4), "data.npy")


def test_every_nth_time_is_observed_from_the_first_on():
    assert np.flatnonzero(observed_mask(101, 10)).tolist() == list(range(0, 101, 10))


@pytest.mark.parametrize(("hold_back", "last"), [(0, 100), (1, 90), (10, 90), (11, 80), (20, 80)])
def test_the_last_times_are_held_back(hold_back, last):
    assert np.flatnonzero(observed_mask(101, 10, hold_back)).tolist() == list(range(0, last + 1, 10))


def test_observed_times_are_those_that_are_named():
    times = np.array([0.0, 0.5, 1.25, 4.0, 9.0])
    assert observed_times(times, DatasetSettings(observe_at=(0, 1.25, 9)), "d").tolist() == [1, 0, 1, 0, 1]
    assert observed_times(times, DatasetSettings(observe_at=(0, 1.25, 9), hold_back=1), "d").tolist() == [1, 0, 1, 0, 0]
    assert observed_times(times, DatasetSettings(observe_every=3), "d").tolist() == [1, 0, 0, 1, 0]


def test_a_named_time_that_is_not_there_is_refused(refused):
    with refused(r"d: observe_at names the time 3, and the nearest is 4; name times of the data, from 0 to 9"):
        observed_times(np.array([0.0, 4, 9]), DatasetSettings(observe_at=(0, 3)), "d")


def test_each_observed_time_has_its_number_of_cells(refused):
    seen = np.array([True, False, True, False])
    assert training_sizes(seen, DatasetSettings(trajectories=50), "d") == [50] * 4
    assert training_sizes(seen, DatasetSettings(trajectories=50, cells=(7, 900)), "d") == [7, 50, 900, 50]
    with refused(r"d\.cells: there are 3 numbers for 2 observed times; give one for each"):
        training_sizes(seen, DatasetSettings(cells=(7, 8, 9)), "d")


def test_holding_back_too_many_times_is_refused(refused):
    with refused("data.npy: 1 of 101 snapshots is observed, .* lower observe_every or hold_back"):
        check_observed(observed_mask(101, 10, 91), "data.npy")


KINDS = {
    "counts": {"kind": "discrete"},
    "scaled by training": {"kind": "continuous", "scale": "training"},
    "scaled by all": {"kind": "continuous", "scale": "all"},
    "components": {"kind": "continuous", "components": 1},
}


@pytest.mark.parametrize("paired", [True, False])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_held_back_touches_nothing_that_is_learnt_from(dataset_settings, tmp_path, kind, paired):
    settings = with_changes(dataset_settings, **KINDS[kind], hold_back=3, observe_every=2)
    plain = raw(points=12, paired=paired)
    changed = dataclasses.replace(plain, states=[s if t < 9 else 40 + 3 * s for t, s in enumerate(plain.states)])
    found = []
    for name, part in (("plain", plain), ("changed", changed)):
        data = assemble(part, None, settings, 0.3, np.random.default_rng(0))
        write_snapshots(tmp_path / name, data, {})
        found.append((data, read_training(tmp_path / name, 0.8)))
    (whole, learnt), (other, learnt_too) = found
    assert not np.array_equal(whole.truth[-1], other.truth[-1])
    assert whole.observed_times.tolist() == [0, 2, 4, 6, 8]
    assert learnt.space == learnt_too.space
    assert learnt.heldout == []
    for t, (one, two) in enumerate(zip(learnt.training, learnt_too.training, strict=True)):
        assert np.array_equal(one, two)
        assert len(one) == 0 or t in (0, 2, 4, 6, 8)
    if whole.representation is not None:
        np.testing.assert_array_equal(learnt.representation.mean, learnt_too.representation.mean)
        np.testing.assert_array_equal(learnt.representation.axes, learnt_too.representation.axes)


@given(st.integers(1, 5000))
def test_headroom_is_a_tenth_and_at_least_four_counts_or_doubles_a_small_one(largest):
    found = fitted_range(np.array([0, largest, 1, 1]))
    assert found.top == pytest.approx(max(1.1 * largest, largest + min(4, largest)), abs=1)
    assert found.top >= largest + min(4, largest)
    assert 0 < found.ratio < 1


def test_given_states_end_the_table():
    assert fitted_range(np.array([0, 100]), 105).top == 104


def test_the_tail_has_the_ratio_of_the_largest_counts():
    counts = np.random.default_rng(0).geometric(0.2, 200_000) - 1
    assert fitted_range(counts).ratio == pytest.approx(0.8, abs=0.02)
    assert fitted_range(np.full(1000, 7)).ratio < 0.05  # no count is above another


@given(st.integers(2, 30), st.floats(0.01, 0.99))
def test_a_split_keeps_every_state_once(count, fraction):
    states = [np.arange(count)[:, None]] * 3
    training, heldout = split(states, fraction, paired=True, rng=np.random.default_rng(0), where="mine.npy")
    for kept, held in zip(training, heldout, strict=True):
        assert sorted([*kept[:, 0], *held[:, 0]]) == list(range(count))
        assert len(kept) >= 1
        assert len(held) >= 1


def test_a_split_of_trajectories_holds_the_same_ones_out_at_every_time():
    training, heldout = split(
        [np.arange(20)[:, None]] * 4, 0.25, paired=True, rng=np.random.default_rng(0), where="mine.npy"
    )
    assert len({tuple(part[:, 0]) for part in heldout}) == 1
    assert len(heldout[0]) == 5
    assert len({tuple(part[:, 0]) for part in training}) == 1


def test_a_split_of_unpaired_states_draws_anew_at_every_time():
    _, heldout = split([np.arange(50)[:, None]] * 4, 0.5, paired=False, rng=np.random.default_rng(0), where="mine.npy")
    assert len({tuple(part[:, 0]) for part in heldout}) == 4


def test_no_fraction_means_no_heldout_part():
    states = good_states()
    assert split(states, 0, paired=False, rng=np.random.default_rng(0), where="mine.npy") == (states, [])


def test_a_single_state_cannot_be_split():
    with pytest.raises(InputError, match="heldout"):
        split([np.array([[1, 2]])] * 3, 0.2, paired=True, rng=np.random.default_rng(0), where="mine.npy")


def test_a_single_state_in_a_file_is_refused_with_its_time(dataset_settings, rng, refused):
    states = [np.array([[1, 2]] * count) for count in (3, 1, 3)]
    with refused(r"^data\.npy: the snapshot at time 2\.5 has a single state, which cannot be split .* remove its time"):
        assemble(RawSnapshots(np.array([0, 2.5, 3]), states, ["a", "b"], False), None, dataset_settings, 0.2, rng)


@pytest.mark.parametrize(
    ("own", "given", "label"),
    [
        (None, {}, "time step"),
        ("day", {}, "day"),
        ("day", {"time_label": "hour"}, "hour"),
        (None, {"time_label": "hour"}, "hour"),
    ],
)
def test_the_time_label_is_the_users_and_otherwise_the_files(dataset_settings, rng, own, given, label):
    part = dataclasses.replace(raw(), time_label=own)
    assert assemble(part, None, with_changes(dataset_settings, **given), 0.2, rng).time_label == label


def test_observed_snapshots_come_from_the_training_part(dataset_settings):
    data = assemble(raw(), None, with_changes(dataset_settings, observe_every=4), 0.3, np.random.default_rng(0))
    assert data.observed_times.tolist() == [0, 4, 8]
    assert all(a is b for a, b in zip(data.observed, data.training[::4], strict=True))
    assert [len(s) for s in data.observed] == [7, 7, 7]


@pytest.mark.parametrize(("reference", "truth"), [("training", 7), ("heldout", 3)])
def test_reference_chooses_the_truth(dataset_settings, reference, truth):
    data = assemble(raw(), None, with_changes(dataset_settings, reference=reference), 0.3, np.random.default_rng(0))
    assert len(data.truth[0]) == truth
    assert len(data.independent[0]) == 10 - truth


def test_too_few_observed_snapshots_are_refused(dataset_settings):
    with pytest.raises(InputError, match="1 of 9 snapshots is observed"):
        assemble(raw(), None, with_changes(dataset_settings, observe_every=9), 0.2, np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(8, 5, 2), (9, 5, 3)])
def test_a_system_that_does_not_fit_the_file_is_refused(dataset_settings, shape):
    heldout = list(np.zeros(shape, dtype=int))
    with pytest.raises(InputError, match=r"the system gives .*; name the system the file came from"):
        assemble(raw(), heldout, dataset_settings, 1000, np.random.default_rng(0))


def test_too_few_states_are_refused(dataset_settings):
    with pytest.raises(InputError, match="the largest observed count is 19, and states is 5; raise states"):
        assemble(raw(), None, with_changes(dataset_settings, states=5), 0.2, np.random.default_rng(0))


def test_states_default_to_some_above_the_largest_observed_count(dataset_settings):
    assert assemble(raw(), None, dataset_settings, 0.2, np.random.default_rng(0)).space.levels == 24


@pytest.mark.parametrize(
    ("dataset", "amount"),
    [
        ({"heldout": None, "system": "epidemic"}, 1000),
        ({"heldout": None, "system": None}, 0.2),
        ({"heldout": 0, "system": "epidemic"}, 0),
        ({"heldout": 30, "system": "epidemic"}, 30),
    ],
)
def test_heldout_default_depends_on_where_the_data_come_from(dataset, amount):
    assert heldout_amount(DatasetSettings(**dataset)) == amount


@pytest.mark.parametrize("kind", ["continuous", "discrete"])
def test_a_snapshot_must_leave_two_states_to_learn_from(dataset_settings, rng, refused, kind):
    pairs = RawSnapshots(np.arange(3.0), [rng.integers(0, 9, size=(2, 1)) for _ in range(3)], ["a"], paired=False)
    settings = with_changes(dataset_settings, kind=kind, reference="training")
    assemble(pairs, None, settings, 0, rng)
    with refused("the snapshot at time 0 has a single state for training, which has no spread"):
        assemble(pairs, None, settings, 0.2, rng)


def test_times_that_differ_by_rounding_are_refused(dataset_settings, rng, refused):
    times = np.array([0, 0.1, 0.3, 0.1 * 3, 0.5])
    raw = RawSnapshots(times, [rng.integers(0, 9, size=(5, 1)) for _ in times], ["a"], paired=False)
    with refused("here: the times 0.3 and 0.30000000000000004 differ only by rounding; round the times"):
        check_states(raw, dataset_settings, "here")
    check_states(dataclasses.replace(raw, times=np.array([0, 0.1, 0.3, 0.301, 0.5])), dataset_settings, "here")


def totals(points: int = 9, total: int = 30) -> RawSnapshots:
    """Three variables with a fixed sum, and one apart from it."""
    rng = np.random.default_rng(3)
    states = [
        np.column_stack([rng.multinomial(total, [0.2, 0.3, 0.5], 60), rng.poisson(400, 60)]) for _ in range(points)
    ]
    return RawSnapshots(np.arange(float(points)), states, ["S", "I", "R", "X"], paired=False)


def made(part: RawSnapshots, settings: DatasetSettings, known=(), heldout=None):
    return assemble(part, heldout, settings, 0.2, np.random.default_rng(0), known=known)


def test_a_total_is_found_and_bounds_its_variables(dataset_settings):
    space = made(totals(), dataset_settings).space
    assert space.relations == (Relation((1, 1, 1, 0), 30, 2),)
    assert [(own.top, own.ratio) for own in space.ranges[:3]] == [(30, 0.0)] * 3
    assert space.ranges[3].ratio > 0


def test_relations_may_be_left_out(dataset_settings):
    assert made(totals(), with_changes(dataset_settings, relations="none")).space.relations == ()


def test_known_relations_are_kept_where_they_hold(dataset_settings):
    known, wrong = Relation((1, 1, 1, 0), 30, 0), Relation((1, 1, 1, 0), 31, 0)
    (found,) = made(totals(), dataset_settings, [known]).space.relations
    assert (found.coefficients, found.total) == (known.coefficients, 30)
    (found,) = made(totals(), dataset_settings, [wrong]).space.relations
    assert found.total == 30
    few = RawSnapshots(totals().times, [s[:5] for s in totals().states], totals().variables, paired=False)
    assert made(few, dataset_settings).space.relations == ()  # too few states to find it
    assert made(few, dataset_settings, [known]).space.relations == (Relation((1, 1, 1, 0), 30, 2),)


def test_a_relation_that_fails_in_held_out_states_is_refused(dataset_settings, refused):
    part = totals()
    heldout = [states.copy() for states in part.states]
    heldout[2][5, 1] += 1
    wrong = ", ".join(f"{name} = {heldout[2][5, v]}" for v, name in enumerate("SIR"))
    with refused(
        rf"data\.npy: S \+ I \+ R = 30 holds in all observed training states and fails in another state \({wrong}\); "
        "set the data set's relations: none, or mend the states"
    ):
        made(part, dataset_settings, heldout=heldout)
    assert made(part, with_changes(dataset_settings, relations="none"), heldout=heldout).space.relations == ()


def test_given_ranges_bound_a_variable(dataset_settings):
    space = made(totals(), with_changes(dataset_settings, ranges={"X": 5000, "S": 29})).space
    assert (space.ranges[3].top, space.ranges[3].ratio) == (5000, 0)
    assert (space.ranges[0].top, space.ranges[0].ratio) == (29, 0)
    assert space.ranges[1] == Range(30, 0.0, space.ranges[1].scale, space.ranges[1].largest)


@pytest.mark.parametrize(
    ("ranges", "sentence"),
    [
        ({"y": 4}, r"data\.npy: ranges names 'y', and the variables are x0, x1; name one of them"),
        ({"x1": 8}, r"data\.npy: ranges gives the variable 'x1' at most 8, and it holds 9; raise it, or leave it out"),
    ],
)
def test_ranges_that_do_not_fit_are_refused(refused, ranges, sentence):
    with refused(sentence):
        check(good_states(), TIMES, ranges=ranges)
    check(good_states(), TIMES, ranges={"x1": 9})


def test_the_space_is_read_back_from_the_data_set(dataset_settings, tmp_path):
    data = made(totals(), with_changes(dataset_settings, ranges={"X": 5000}))
    write_snapshots(tmp_path / "data.safetensors", data, {})
    assert read_snapshots(tmp_path / "data.safetensors").space == data.space


def test_counts_of_a_billion_are_data(dataset_settings):
    part = totals()
    large = [states.copy() for states in part.states]
    large[3][4, 3] = 10**9
    check_states(RawSnapshots(part.times, large, part.variables, False), dataset_settings, "data.npy")
    space = made(RawSnapshots(part.times, large, part.variables, False), dataset_settings).space
    assert space.ranges[3].top <= 10**9
