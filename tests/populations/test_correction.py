"""Corrections of generated networks: they lower the loss of mixtures, and are the same after their file."""

import numpy as np
import pytest
import torch

from weightflow.errors import DivergenceError, InputError
from weightflow.networks.alignment import align_to
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.correction import Correction
from weightflow.populations.evaluation import judge
from weightflow.populations.generators import Examples
from weightflow.populations.reduction import Reduction
from weightflow.populations.samplers import mixed
from weightflow.populations.settings import CorrectionSettings, NetworkTrainingSettings, PopulationSettings
from weightflow.populations.tasks.by_name import built_in
from weightflow.populations.tasks.settings import SplitSettings
from weightflow.populations.tasks.task import Labelled, split_task
from weightflow.populations.training import train_population
from weightflow.seeding import Computation

CPU = Computation(0, torch.device("cpu"))
SETTINGS = PopulationSettings()
BRIEF = SETTINGS.but(correction=CorrectionSettings(steps=3, width=8, networks=3, batch=16))


@pytest.fixture(scope="module")
def task():
    return split_task(built_in("digits"), SplitSettings())


@pytest.fixture(scope="module")
def classifier(task):
    return make_classifier(ArchitectureSettings(widths=[12]), task.shape, task.classes)


@pytest.fixture(scope="module")
def networks(classifier, task):
    trained = train_population(classifier, task, NetworkTrainingSettings(networks=12, epochs=4), CPU).weights
    return align_to(classifier.layers, classifier.symmetries, trained, trained[0])


def fit(classifier, task, networks, settings) -> Correction:
    return Correction.fit(networks, classifier, Examples(task.training, task.validation), settings, CPU)


def test_corrected_mixtures_are_more_accurate_and_no_nearer_to_the_originals(classifier, task, networks):
    settings = SETTINGS.but(correction=CorrectionSettings(steps=150, width=64, learning_rate=0.003))
    correction = fit(classifier, task, networks, settings)
    before, after = (correction.draw(20, 1, share) for share in (0.0, 1.0))
    shares = [judge(classifier, task, own, task.test, CPU.device).accuracy.mean() for own in (before, after, networks)]
    assert shares[0] + 0.1 < shares[1]
    assert shares[1] == pytest.approx(shares[2], abs=0.05)
    assert correction.losses["loss"].iloc[-1] < 0.5 * correction.losses["loss"].iloc[0]
    # Networks of a draw remain different from each other.
    spreads = [own.std(0).mean() for own in (before, after)]
    assert spreads[1] > 0.7 * spreads[0]


def test_a_correction_is_zero_at_first_and_grows_with_its_share(classifier, task, networks):
    correction = fit(classifier, task, networks, BRIEF)
    none, half, whole = (correction.draw(5, 7, share) for share in (0.0, 0.5, 1.0))
    np.testing.assert_allclose(half - none, (whole - none) / 2, atol=1e-6)
    assert np.abs(whole - none).max() > 0
    pairs = (networks[:, None] + networks[None]) / 2
    for own in none:
        assert np.abs(pairs - own).max(-1).min() < 1e-6


def test_its_coordinates_are_those_of_the_reduction(classifier, task, networks):
    """A change that is the identity of its coordinates adds the components of the networks."""
    correction = fit(classifier, task, networks, BRIEF)
    given = mixed(networks, 4, np.random.default_rng(0))
    expected = correction.reduction.coordinates(given)

    class Known(torch.nn.Module):
        def forward(self, coordinates):
            return coordinates @ torch.as_tensor(correction.axes)

    from weightflow.populations import correction as module

    known = Correction(Known(), correction.reduction, correction.unit, networks, "mixed")
    moved = module._corrected(known, torch.as_tensor(given)).numpy()
    np.testing.assert_allclose(moved - given, correction.unit * expected @ correction.axes, atol=1e-5)


def test_the_same_seed_gives_the_same_bytes_and_networks_after_the_file(classifier, task, networks, tmp_path):
    for name in "ab":
        torch.manual_seed(ord(name))
        fit(classifier, task, networks, BRIEF).write(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    one, again = fit(classifier, task, networks, BRIEF), Correction.read(tmp_path / "a", CPU.device)
    np.testing.assert_array_equal(one.draw(3, 5), again.draw(3, 5))
    assert (one.draw(3, 5) != one.draw(3, 6)).any()
    assert again.losses.empty


def test_the_best_parameters_on_the_validation_part_are_kept(classifier, task, networks):
    """With labels of the validation part that training cannot fit, the first measurement stays the best."""
    wrong = Labelled(task.validation.inputs, (task.validation.labels + 1) % task.classes)
    settings = SETTINGS.but(correction=CorrectionSettings(steps=40, width=16))
    kept = Correction.fit(networks, classifier, Examples(task.training, wrong), settings, CPU)
    ended = fit(classifier, task, networks, settings)
    sizes = [np.abs(own.change.last.weight.detach().numpy()).mean() for own in (kept, ended)]
    assert sizes[0] < 0.5 * sizes[1]


def test_faults_are_told(classifier, task, networks):
    with pytest.raises(InputError, match="corrected learns from examples"):
        Correction.fit(networks, classifier, None, BRIEF, CPU)
    wild = BRIEF.but(correction=BRIEF.correction.but(learning_rate=1e30, steps=30))
    with pytest.raises(DivergenceError, match="the correction diverged at step"):
        fit(classifier, task, networks, wild)
    with pytest.raises(ValueError, match="reads components"):
        _ = Correction(torch.nn.Identity(), Reduction(np.zeros(2), 1.0), 1.0, networks, "mixed").axes
