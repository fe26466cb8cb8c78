"""Coverage of bands around marginals, for every variable with a known truth."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import poisson

from weightflow.bands.coverage import (
    Bands,
    coverage,
    coverage_of_present,
    judge_bands,
    read_bands,
    summarise_bands,
    width,
    write_bands,
)
from weightflow.errors import InputError
from weightflow.laws.law import PoissonLaw, TableLaw

TIMES = np.array([0.0, 1.0, 2.0])


@pytest.fixture
def law() -> PoissonLaw:
    return PoissonLaw(TIMES, np.array([[1.0, 2.0], [2.0, 3.0], [3.0, 1.0]]))


@pytest.fixture
def bands(law) -> Bands:
    """About the law's own marginals at the last two times."""
    middle = poisson.pmf(np.arange(8), law.means[1:, :, None])
    return Bands(TIMES[1:], middle - 0.01, middle, middle + 0.01, 0.9)


@pytest.mark.parametrize(("inside", "share"), [(0, 0.0), (2, 0.5), (4, 1.0)])
def test_coverage_is_the_share_of_counts_in_their_bands(inside, share):
    truth = np.full((1, 1, 5), 0.25)
    truth[..., 4] = 0  # a count that nothing gives a probability is no success
    shift = np.array([0.0] * inside + [0.2] * (5 - inside))
    lower, upper = truth - 0.05 + shift, truth + 0.05 + shift
    upper[..., 4] = lower[..., 4] = 0
    found = Bands(np.zeros(1), lower, truth, upper, 0.9)
    np.testing.assert_allclose(coverage(found, truth), [share])
    np.testing.assert_allclose(width(found, truth), [0.1])


def test_counts_that_the_truth_excludes_can_be_left_out():
    truth = np.array([[[0.5, 0.4, 0.1, 0.0, 0.0]]])
    found = Bands(np.zeros(1), truth + np.array([-0.1, -0.1, 0.01, 0.01, 0]), truth, truth + 0.02, 0.9)
    np.testing.assert_allclose(coverage_of_present(found, truth), [2 / 3])
    np.testing.assert_allclose(coverage(found, truth), [3 / 5])


def test_bands_about_the_truth_hold_all_of_it_and_no_other(law, bands):
    found = judge_bands(bands, law, TIMES[:2])
    assert found["times"].tolist() == ["observed", "unseen"]
    np.testing.assert_allclose(found["coverage"], 1)
    np.testing.assert_allclose(found["width"], 0.02)
    earlier = Bands(TIMES[:2], bands.lower, bands.middle, bands.upper, 0.9)
    found = judge_bands(earlier, law, TIMES[:1])
    assert found["time"].tolist() == [1]  # the first is where systems begin
    assert found["coverage"].max() < 0.5


def test_variables_whose_law_is_unknown_are_left_out(law, bands):
    states = np.arange(30)[:, None]
    one = TableLaw(TIMES, states, poisson.pmf(states[:, 0], law.means[:, 1:]), np.zeros(3), np.array([1]))
    broken = np.concatenate([bands.lower[:, :1] + 0.5, bands.lower[:, 1:]], axis=1)
    found = Bands(bands.times, broken, bands.middle, bands.upper, 0.9)
    np.testing.assert_allclose(judge_bands(found, one, TIMES)["coverage"], 1)


def test_of_an_unknown_law_nothing_is_measured(bands):
    assert judge_bands(bands, None, TIMES).empty


def test_tables_are_means_over_times_and_over_seeds():
    rows = [(seed, times, seed + share) for seed in (0, 1) for times, share in (("unseen", 0.5), ("unseen", 0.7))]
    table = pd.DataFrame(rows, columns=["seed", "times", "coverage"]).assign(dataset="d", present=0.9, width=0.1)
    metrics, summary = summarise_bands(table)
    assert metrics[metrics["metric"] == "coverage_unseen"]["value"].tolist() == pytest.approx([0.6, 1.6])
    row = summary.set_index("metric").loc["coverage_unseen"]
    assert row["mean"] == pytest.approx(1.1)
    assert row["std"] == pytest.approx(np.std([0.6, 1.6], ddof=1))
    assert row["seeds"] == 2


def test_bands_come_back_from_their_file(bands, tmp_path):
    write_bands(tmp_path / "bands.safetensors", bands)
    found = read_bands(tmp_path / "bands.safetensors")
    assert found.level == 0.9
    for name in ("times", "lower", "middle", "upper"):
        np.testing.assert_array_equal(getattr(found, name), getattr(bands, name))


def test_bands_of_another_shape_are_refused(bands, tmp_path):
    write_bands(tmp_path / "bands.safetensors", Bands(TIMES, bands.lower, bands.middle, bands.upper, 0.9))
    with pytest.raises(InputError):
        read_bands(tmp_path / "bands.safetensors")


def test_without_any_truth_tables_have_their_columns_alone(bands):
    metrics, summary = summarise_bands(judge_bands(bands, None, TIMES).assign(dataset="d", seed=0))
    assert metrics.columns.tolist() == ["dataset", "seed", "metric", "value"]
    assert summary.columns.tolist() == ["dataset", "metric", "mean", "std", "seeds"]
    assert metrics.empty
    assert summary.empty
