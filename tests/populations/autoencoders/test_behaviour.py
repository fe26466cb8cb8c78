"""Comparisons of outputs are their formulas, in units of the best guess that is the same for all networks."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from torch.nn import functional

from tests.populations.autoencoders.zoos import QUERIES, SETTINGS, curved_family, logits_of, perceptron
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.autoencoders.behaviour import comparison, outputs_of, unit_of
from weightflow.populations.autoencoders.registry import BEHAVIOURS

LOGITS = st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(2, 4))


def cross_entropy(said: np.ndarray, wanted: np.ndarray, temperature: float) -> float:
    labels = wanted.argmax(-1)
    return -np.take_along_axis(log_softmax(said, -1), labels[..., None], -1).mean()


def distillation(said: np.ndarray, wanted: np.ndarray, temperature: float) -> float:
    logs = torch.as_tensor(log_softmax(said / temperature, -1)).flatten(0, 1)
    goal = torch.as_tensor(softmax(wanted / temperature, -1)).flatten(0, 1)
    return temperature**2 * functional.kl_div(logs, goal, reduction="batchmean").item()


FORMULAS = {
    "logits": lambda said, wanted, _: np.mean((said - wanted) ** 2),
    "softmax": lambda said, wanted, _: np.mean((softmax(said, -1) - softmax(wanted, -1)) ** 2),
    "cross_entropy": cross_entropy,
    "distillation": distillation,
}


@given(st.sampled_from(list(BEHAVIOURS)), LOGITS, st.floats(0.3, 5), st.integers(0, 99))
def test_comparisons_are_their_formulas(name, shape, temperature, seed):
    draws = np.random.default_rng(seed)
    said, wanted = 3 * draws.standard_normal((2, *shape))
    compare = comparison(SETTINGS.but(outputs=name, temperature=temperature))
    found = compare(torch.as_tensor(said), torch.as_tensor(wanted)).item()
    assert found == pytest.approx(FORMULAS[name](said, wanted, temperature), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_the_originals_themselves_have_the_least_loss(rng, name):
    wanted = torch.as_tensor(20 * rng.standard_normal((3, 5, 4)))
    compare = comparison(SETTINGS.but(outputs=name))
    assert compare(wanted, wanted).item() == pytest.approx(0, abs=0.05)
    assert compare(wanted.roll(1, -1), wanted) > 0.1


@pytest.mark.parametrize("name", ["logits", "softmax", "distillation", "cross_entropy"])
def test_no_other_guess_is_better_for_all_networks(rng, name):
    """Of the guesses that optimisation finds."""
    weights = torch.as_tensor(curved_family(rng, count=40)).double()
    settings = SETTINGS.but(outputs=name, temperature=2.0)
    wanted = logits_of(weights.float()).double()
    unit = unit_of(settings, lambda own, _: logits_of(own.float()).double(), weights, torch.zeros(()))
    guess = torch.zeros(1, *wanted.shape[1:], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([guess], lr=1, max_iter=500, tolerance_grad=1e-10, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        value = comparison(settings)(guess.expand_as(wanted), wanted)
        value.backward()
        return value

    optimiser.step(loss)
    found = comparison(settings)(guess.expand_as(wanted), wanted).item()
    assert unit == pytest.approx(found, rel=1e-3)
    assert unit <= found * (1 + 1e-9)


def test_the_unit_of_logits_is_their_variance_over_networks(rng):
    weights = torch.as_tensor(curved_family(rng))
    said = logits_of(weights).numpy()
    expected = np.mean([np.var(said[:, n, k]) for n in range(20) for k in range(2)])
    found = unit_of(SETTINGS, lambda own, _: logits_of(own), weights, torch.as_tensor(QUERIES))
    assert found == pytest.approx(expected, rel=1e-4)
    assert unit_of(SETTINGS, lambda own, _: logits_of(own), weights[:1], torch.as_tensor(QUERIES)) > 0


def test_networks_without_norms_need_no_training_inputs(rng):
    classifier = perceptron(4, activation="tanh")
    weights = torch.as_tensor(curved_family(rng, classifier, 3))
    found = outputs_of(classifier, torch.zeros(0, 3))(weights, torch.as_tensor(QUERIES))
    torch.testing.assert_close(found, logits_of(weights, classifier))


def test_batch_norms_of_queries_are_those_of_training_inputs(rng):
    """So that what is compared is what the networks are judged as, whatever the queries are."""
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (3, 8, 8), 4)
    weights = 0.2 * torch.as_tensor(rng.standard_normal((2, sum(layer.weights for layer in classifier.layers))))
    training, queries = torch.as_tensor(rng.standard_normal((2, 6, 3, 8, 8)))
    outputs = outputs_of(classifier, training)
    said, alone = outputs(weights, 3 * queries), outputs(weights, 3 * queries[:1])
    torch.testing.assert_close(said[:, :1], alone)
    norms = BatchNorms()
    classifier.logits(weights, training, norms)
    torch.testing.assert_close(alone, classifier.logits(weights, 3 * queries[:1], BatchNorms(norms.moments)))
