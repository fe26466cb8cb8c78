"""Predictions survive the disk, with ragged samples, with weights and without."""

import numpy as np
import pytest

from weightflow.data.state_space import BINS, Counts, Reals
from weightflow.errors import InputError
from weightflow.prediction.figure_grids import FigureGrids
from weightflow.prediction.predictions import Prediction, density_edges, read_prediction, write_prediction
from weightflow.storage import write_tensors

TIMES = np.array([0.0, 0.5, 2.0])
SAMPLES = [np.array([[1, 2]]), np.array([[3, 4], [5, 6], [7, 8]]), np.array([[9, 10], [0, 0]])]
WEIGHTS = [np.array([1.0]), np.array([0.5, 0.25, 0.25]), np.array([0.1, 0.9])]


def round_trip(tmp_path, prediction: Prediction) -> Prediction:
    write_prediction(tmp_path / "prediction.safetensors", prediction)
    return read_prediction(tmp_path / "prediction.safetensors")


def test_ragged_weighted_samples_are_read_back(tmp_path):
    found = round_trip(tmp_path, Prediction(TIMES, SAMPLES, WEIGHTS))
    np.testing.assert_array_equal(found.times, TIMES)
    for t in range(3):
        np.testing.assert_array_equal(found.weighted(t)[0], SAMPLES[t])
        np.testing.assert_array_equal(found.weighted(t)[1], WEIGHTS[t])


def test_samples_without_weights_count_the_same(tmp_path):
    found = round_trip(tmp_path, Prediction(TIMES, SAMPLES))
    assert found.weighted(1)[1].tolist() == pytest.approx([1 / 3] * 3)


def test_real_samples_stay_real(tmp_path):
    samples = [states + 0.25 for states in SAMPLES]
    found = round_trip(tmp_path, Prediction(TIMES, samples))
    np.testing.assert_array_equal(np.concatenate(found.samples), np.concatenate(samples))


def test_likelihoods_and_paths_are_read_back(tmp_path):
    prediction = Prediction(
        TIMES,
        SAMPLES,
        scores={"nll": np.array([0.1, np.inf, 0.3]), "kl_exact": np.array([1.0, 2.0, 3.0])},
        marginals=np.full((3, 2, 5), 0.2, np.float32),
        weights=np.ones((3, 4), np.float32),
        edges=np.linspace([0, 1], [5, 9], 6, axis=1),
        figures=FigureGrids(
            joints=np.full((3, 4, 4), 0.0625, np.float32),
            pair=np.array([0, 1]),
            path_times=np.linspace(0, 2, 7),
            path_weights=np.zeros((7, 4), np.float32),
            frame_times=np.linspace(0, 2, 2),
            frame_joints=np.full((2, 4, 4), 0.0625, np.float32),
        ),
    )
    found = round_trip(tmp_path, prediction)
    assert found.scores.keys() == prediction.scores.keys()
    for name, values in prediction.scores.items():
        np.testing.assert_array_equal(found.scores[name], values)
    for name in ("marginals", "edges", "weights"):
        np.testing.assert_array_equal(getattr(found, name), getattr(prediction, name))
    for name in ("joints", "pair", "path_times", "path_weights", "frame_times", "frame_joints"):
        np.testing.assert_array_equal(getattr(found.figures, name), getattr(prediction.figures, name))


def test_without_a_density_there_are_neither_scores_nor_marginals(tmp_path):
    found = round_trip(tmp_path, Prediction(TIMES, SAMPLES))
    assert found.scores == {}
    assert len(found.marginals) == 0


def test_another_artefact_is_refused(tmp_path):
    write_tensors(tmp_path / "file", "anchor", {})
    with pytest.raises(InputError, match="expected prediction, found anchor"):
        read_prediction(tmp_path / "file")


def test_real_values_alone_have_edges():
    space = Reals((0.0, 0.0), (1.0, 1.0), (-1.0, 0.0), (1.0, 5.0))
    found = density_edges(space, 2)
    assert found.shape == (2, BINS + 1)
    np.testing.assert_array_equal(found[1], space.edges(1))
    assert density_edges(Counts(5), 2).size == 0
