"""The table of metrics over times, and its summary over times and seeds."""

import dataclasses

import numpy as np
import ot
import pandas as pd
import pytest

from weightflow.data.state_space import Reals
from weightflow.density.weighted_states import marginals
from weightflow.evaluation import metrics
from weightflow.evaluation.score_tables import COLUMNS, Judge, at_unseen_times, evaluate, summarise
from weightflow.laws.law import TableLaw
from weightflow.prediction.predictions import Prediction
from weightflow.storage import write_table

DISCRETE = ["w_marginal", "jsd_marginal", "w1_joint", "w2_joint", "mmd", "mmd_median"]


@pytest.fixture
def prediction(counts) -> Prediction:
    rng = np.random.default_rng(5)
    samples = [rng.integers(0, 8, (9, 2)) for _ in counts.times]
    return Prediction(counts.times, samples, [rng.dirichlet(np.ones(9)) for _ in samples])


@pytest.fixture
def law(counts) -> TableLaw:
    """Uniform over the states 0 … 9 of two variables, so that some lie above the data's."""
    states = np.indices((10, 10)).reshape(2, -1).T
    return TableLaw(counts.times, states, np.full((6, 100), 0.01), np.zeros(6))


def value(table: pd.DataFrame, time: float, metric: str) -> float:
    return table.loc[(table["time"] == time) & (table["metric"] == metric), "value"].item()


def test_every_metric_stands_at_every_time(counts, prediction):
    table = evaluate(Judge(counts, None, 1, 1000), prediction, threads=1)
    assert list(table.columns) == ["time", "seen", "extrapolated", "metric", "value"]
    assert table.groupby("time")["metric"].apply(list).tolist() == [DISCRETE] * 6
    assert table["value"].notna().all()


def test_seen_times_are_the_observed_ones(counts, prediction):
    table = evaluate(Judge(counts, None, 1, 1000), prediction, threads=1)
    assert sorted(table.loc[table["seen"], "time"].unique()) == [0, 2, 7]


def test_values_are_those_of_the_metrics(counts, prediction):
    table = evaluate(Judge(counts, None, 1, 1000), prediction, threads=1)
    samples, weights = prediction.weighted(3)
    assert value(table, 3, "w1_joint") == metrics.w_joint(samples, counts.training[3], weights)[0]
    uniform = np.full(6, 1 / 6)
    p, q = marginals(samples, weights, 8), marginals(counts.training[3], uniform, 8)
    assert value(table, 3, "jsd_marginal") == pytest.approx(metrics.jsd_marginal(p, q), rel=1e-9)


def test_the_truth_predicts_itself_without_distance(counts):
    table = evaluate(Judge(counts, None, 1, 1000), Prediction(counts.times, counts.truth), threads=1)
    distances = table[table["metric"].isin(["w_marginal", "jsd_marginal", "w1_joint", "w2_joint"])]
    np.testing.assert_allclose(distances["value"], 0, atol=1e-9)


def test_the_reference_part_is_the_truth(counts):
    heldout = dataclasses.replace(counts, reference="heldout")
    table = evaluate(Judge(heldout, None, 1, 1000), Prediction(counts.times, counts.heldout), threads=1)
    assert table.loc[table["metric"] == "w1_joint", "value"].max() == pytest.approx(0, abs=1e-9)


def test_likelihoods_are_passed_on_where_there_are_any(counts, prediction):
    scored = dataclasses.replace(prediction, scores={"nll": np.arange(6.0), "tv_exact": np.arange(6.0) + 1})
    table = evaluate(Judge(counts, None, 1, 1000), scored, threads=1)
    assert table.loc[table["metric"] == "nll", "value"].tolist() == [0, 1, 2, 3, 4, 5]
    assert table.loc[table["metric"] == "tv_exact", "value"].tolist() == [1, 2, 3, 4, 5, 6]


def test_without_a_law_no_metric_is_against_it(counts, prediction):
    table = evaluate(Judge(counts, None, 1, 1000), prediction, threads=1)
    assert not table["metric"].str.contains("exact").any()


def test_samples_without_a_density_meet_the_law_by_their_frequencies(counts, prediction, law):
    table = evaluate(Judge(counts, law, 1, 1000), prediction, threads=1)
    assert (
        table.groupby("time")["metric"].apply(list).tolist()
        == [["w_marginal_exact", "jsd_marginal_exact", *DISCRETE]] * 6
    )
    p, q = marginals(*prediction.weighted(3), 10), np.full((2, 10), 0.1)
    assert value(table, 3, "w_marginal_exact") == pytest.approx(metrics.w_marginal(p, q))
    assert value(table, 3, "jsd_marginal_exact") == pytest.approx(metrics.jsd_marginal(p, q))


def test_the_marginals_of_a_density_meet_the_law_without_its_samples(counts, prediction, law):
    exact = dataclasses.replace(prediction, marginals=np.full((6, 2, 10), 0.1))
    found = evaluate(Judge(counts, law, 1, 1000), exact, threads=1)
    marginal = found[found["metric"].isin(["w_marginal_exact", "jsd_marginal_exact"])]
    np.testing.assert_allclose(marginal["value"], 0, atol=1e-12)
    fewer = dataclasses.replace(prediction, marginals=np.full((6, 2, 5), 0.2))
    found = evaluate(Judge(counts, law, 1, 1000), fewer, threads=1)
    assert value(found, 0, "w_marginal_exact") == pytest.approx(np.sqrt(10) * 0.1)


def test_a_law_at_other_times_is_refused(counts, prediction, law):
    with pytest.raises(ValueError, match="the exact law has times"):
        evaluate(Judge(counts, dataclasses.replace(law, times=law.times / 2), 1, 1000), prediction, threads=1)


def test_joint_distances_are_at_every_nth_time_and_all_others_everywhere(counts, prediction):
    table = evaluate(Judge(counts, None, 4, 1000), prediction, threads=1)
    times = table.groupby("metric")["time"].apply(list)
    assert times["w_marginal"] == [0, 1, 2, 3, 5, 7]
    for metric in ("w1_joint", "w2_joint", "mmd", "mmd_median"):
        assert times[metric] == [0, 5]


def test_joint_distances_use_at_most_so_many_states_of_the_truth(counts):
    whole = Prediction(counts.times, counts.truth)
    few, again, enough = (evaluate(Judge(counts, None, 1, n), whole, threads=1) for n in (4, 4, 8))
    assert few.equals(again)
    assert value(few, 7, "w1_joint") > 0
    assert value(few, 7, "w_marginal") == pytest.approx(0, abs=1e-12)
    assert value(enough, 7, "w1_joint") == pytest.approx(0, abs=1e-12)


def test_threads_do_not_change_the_table(counts, prediction):
    assert evaluate(Judge(counts, None, 1, 1000), prediction, threads=1).equals(
        evaluate(Judge(counts, None, 1, 1000), prediction, threads=3)
    )


def test_marginals_of_real_values_are_compared_by_their_w1_and_not_by_frequencies(counts, prediction):
    training = [s + 0.5 for s in counts.training]
    real = dataclasses.replace(counts, space=Reals.of(training), training=training)
    moved = dataclasses.replace(prediction, samples=[s + 0.25 for s in prediction.samples])
    table = evaluate(Judge(real, None, 1, 4), moved, threads=1)
    assert set(table["metric"]) == {*DISCRETE, "w1_marginal"} - {"w_marginal", "jsd_marginal"}
    (x, weights), y = moved.weighted(3), training[3]  # all of the truth, whatever the joint distances use
    expected = [ot.wasserstein_1d(x[:, v], y[:, v], weights, np.full(len(y), 1 / len(y))) for v in (0, 1)]
    assert value(table, 3, "w1_marginal") == pytest.approx(np.mean(expected))


def test_a_prediction_at_other_times_is_refused(counts, prediction):
    with pytest.raises(ValueError, match="the prediction has times"):
        evaluate(Judge(counts, None, 1, 1000), dataclasses.replace(prediction, times=counts.times + 1), threads=1)


@pytest.fixture
def table() -> pd.DataFrame:
    """Two seeds, times 0 (observed), 1 and 2 (observed); the value at time 0 is far off."""
    rows = [
        ("data", "model", seed, time, time != 1, False, "w", found)
        for seed, values in ((0, (99, 1, 3)), (1, (99, 3, 9)))
        for time, found in enumerate(values)
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize(
    ("times", "mean", "std"),
    [("all", 4, np.sqrt(8)), ("seen", 6, np.sqrt(18)), ("unseen", 2, np.sqrt(2)), ("first", 2, np.sqrt(2))],
)
def test_summary_is_over_times_then_seeds_without_the_first_time(table, times, mean, std):
    row = summarise(table).set_index("times").loc[times]
    assert (row["mean"], row["n"]) == (mean, 2)
    assert row["std"] == pytest.approx(std)


def test_summary_keeps_data_sets_models_and_metrics_apart(table):
    both = pd.concat([table, table.assign(dataset="other", value=0.0), table.assign(metric="jsd", value=1.0)])
    summary = summarise(both)
    assert len(summary) == 12
    assert list(summary.columns) == ["dataset", "model", "metric", "times", "mean", "std", "n"]


def test_the_first_time_is_each_data_sets_own(table):
    shifted = table.assign(dataset="later", time=table["time"] + 1)
    summary = summarise(pd.concat([table, shifted]))
    assert summary.loc[summary["times"] == "all", "mean"].tolist() == [4, 4]


def test_without_times_before_the_second_snapshot_nothing_is_first(table):
    assert set(summarise(table.assign(seen=table["time"] != 2))["times"]) == {"all", "seen", "unseen"}


def test_times_past_the_last_snapshot_are_in_no_other_part(table):
    past = [table[table["time"] == 1].assign(time=time, extrapolated=True, value=50 + time) for time in (3, 5)]
    later = pd.concat([table, *past])
    before, after = (summarise(part).set_index("times") for part in (table, later))
    assert after.loc["extrapolated", "mean"] == 54
    pd.testing.assert_frame_equal(after.drop("extrapolated"), before)


def test_the_table_tells_which_times_are_past_the_last_snapshot(counts, prediction):
    late = dataclasses.replace(counts, is_observed=np.array([True, False, True, True, False, False]))
    table = evaluate(Judge(late, None, 1, 1000), prediction, threads=1)
    assert sorted(table.loc[table["extrapolated"], "time"].unique()) == [5, 7]
    assert not table.loc[table["extrapolated"], "seen"].any()
    assert not evaluate(Judge(counts, None, 1, 1000), prediction, threads=1)["extrapolated"].any()


def test_times_that_lost_digits_in_a_file_are_told_apart(table, tmp_path):
    thirds = table.assign(time=2 * table["time"] / 3)
    write_table(tmp_path / "metrics.csv", thirds)
    read = pd.read_csv(tmp_path / "metrics.csv")
    assert read["time"].max() < 4 / 3
    pd.testing.assert_frame_equal(summarise(read), summarise(thirds))


@pytest.mark.parametrize(
    ("parts", "taken"),
    [
        (("all", "unseen", "extrapolated", "seen"), "unseen"),
        (("all", "seen", "extrapolated"), "extrapolated"),
        (("all", "seen"), "all"),
    ],
)
def test_unseen_times_go_before_all(parts, taken):
    assert list(at_unseen_times(pd.DataFrame({"times": parts}))["times"]) == [taken]


def test_one_seed_has_no_standard_deviation(table):
    assert summarise(table[table["seed"] == 0])["std"].isna().all()


@pytest.mark.parametrize(("times", "step"), [(3, 1), (20, 1), (39, 1), (40, 2), (101, 5)])
def test_about_twenty_times_have_joint_distances_unless_said(counts, times, step):
    longer = dataclasses.replace(counts, times=np.arange(times))
    assert Judge(longer, None, None, 1000).joint_step == step
    assert Judge(longer, None, 3, 1000).joint_step == 3


def test_a_second_snapshot_that_has_no_row_leaves_nothing_out():
    table = pd.DataFrame([("d", "m", 0, t, t == 0, False, "w1_joint", 1.0) for t in (0, 5)], columns=COLUMNS)
    assert summarise(table).query("times == 'first'")["n"].tolist() == [1]


def test_a_fold_is_evaluated_at_its_left_out_time_alone_with_joint_distances_in_any_case(counts, prediction):
    whole = evaluate(Judge(counts, None, 1, 1000), prediction, threads=1)
    fold = evaluate(Judge(dataclasses.replace(counts, left_out=3), None, 4, 1000), prediction, threads=1)
    assert "w1_joint" in set(fold["metric"])
    pd.testing.assert_frame_equal(fold, whole[whole["time"] == counts.times[3]].reset_index(drop=True))


def test_of_many_samples_of_real_values_a_random_part_is_compared(counts, rng):
    clusters = np.repeat([[0.0, 0.0], [8.0, 0.0]], 300, axis=0) + rng.normal(size=(600, 2))  # sorted, as files may be
    space = Reals.of([clusters])
    data = dataclasses.replace(counts, training=[clusters[::3]] * 6, heldout=[], space=space, reference="training")
    table = evaluate(Judge(data, None, 1, 1000), Prediction(counts.times, [clusters] * 6), threads=1)
    assert value(table, 0, "w1_joint") < 1  # the first third of the rows is of one cluster: 3 or more


def test_where_a_prediction_has_no_samples_it_has_no_distances(counts, prediction):
    some = dataclasses.replace(prediction, samples=[prediction.samples[0][:0], *prediction.samples[1:]])
    table = evaluate(Judge(counts, None, 1, 1000), some, threads=1)
    assert 0 not in set(table["time"])
    assert len(set(table["time"])) == 5
