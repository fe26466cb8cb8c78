"""Backbones as classifiers: the same outputs as densities, and training, alignment and generation as for others."""

import numpy as np
import pytest
import torch
from scipy.stats import binom

from weightflow.networks.alignment import align_to
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.evaluation import compare_generated, judge
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.task import Labelled, Task
from weightflow.populations.training import train_population
from weightflow.seeding import Computation

SETTINGS = ArchitectureSettings(kind="gru", hidden=4, layers=1, heads=2, feedforward=2)
LEVELS = 5


@pytest.fixture(params=[("gru", False), ("gru", True), ("transformer", True)])
def classifier(request):
    kind, position = request.param
    return make_classifier(SETTINGS.but(kind=kind, position=position), (4,), LEVELS)


def asked(states: torch.Tensor) -> torch.Tensor:
    """(N·d, d + 1) of states (N, d): each variable of each, one after another."""
    number, variables = states.shape
    places = torch.arange(variables).repeat(number)[:, None]
    return torch.cat([states.repeat_interleave(variables, dim=0), places], dim=1).float()


def draw(classifier, stack: int) -> torch.Tensor:
    size = sum(layer.weights for layer in classifier.layers)
    return 0.4 * torch.randn(stack, size, generator=torch.Generator().manual_seed(0))


def test_the_log_likelihood_of_a_state_is_the_sum_over_its_counts(classifier):
    states = torch.randint(LEVELS, (7, 3), generator=torch.Generator().manual_seed(1))
    weights = draw(classifier, 2)
    said = classifier.logits(weights, asked(states), BatchNorms()).log_softmax(-1)
    named = said.gather(-1, states.reshape(1, -1, 1).expand(2, -1, 1)).reshape(2, 7, 3).sum(-1)
    torch.testing.assert_close(named, classifier.backbone.log_prob(weights, states))


def test_inputs_may_be_of_each_network(classifier):
    inputs, weights = (
        asked(torch.randint(LEVELS, (4, 3), generator=torch.Generator().manual_seed(2))),
        draw(classifier, 2),
    )
    both = torch.stack([inputs, inputs.flip(0)])
    shared = classifier.logits(weights, inputs, BatchNorms())
    own = classifier.logits(weights, both, BatchNorms())
    torch.testing.assert_close(own[0], shared[0])
    torch.testing.assert_close(own[1].flip(0), shared[1])


def test_noise_is_taken_for_the_nearest_counts(classifier):
    weights = draw(classifier, 1)
    noise = torch.tensor([[-3.0, 1.4, 99.0, 1.2], [0.2, 0.6, 3.0, -8.0]])
    counts = torch.tensor([[0.0, 1.0, 4.0, 1.0], [0.0, 1.0, 3.0, 0.0]])
    norms = BatchNorms()
    torch.testing.assert_close(classifier.logits(weights, noise, norms), classifier.logits(weights, counts, norms))


def test_a_population_of_anchors_learns_the_snapshot(classifier, rng):
    states = rng.binomial(LEVELS - 1, [0.2, 0.5, 0.8], size=(120, 3))
    parts = [asked(torch.as_tensor(states[own])).numpy() for own in (slice(80), slice(80, 100), slice(100, 120))]
    task = Task(*(Labelled(x, x[np.arange(len(x)), x[:, 3].astype(int)].astype(np.int64)) for x in parts), LEVELS)
    settings = NetworkTrainingSettings(networks=4, epochs=12, batch=24, at_once=4, learning_rates=[0.03])
    population = train_population(classifier, task, settings, Computation(0, torch.device("cpu")))
    aligned = align_to(classifier.layers, classifier.symmetries, population.weights, population.weights[0])
    before, after = (
        judge(classifier, task, own, task.test, torch.device("cpu")) for own in (population.weights, aligned)
    )
    np.testing.assert_allclose(after.loss, before.loss, rtol=1e-4)
    table, _ = compare_generated(before, {"aligned": after}, "trained")
    losses = table[table["metric"] == "loss"].set_index("source")["value"]
    entropy = np.mean([binom(LEVELS - 1, share).entropy() for share in (0.2, 0.5, 0.8)])
    assert entropy - 0.1 < losses["trained"] < np.log(LEVELS) - 0.1
