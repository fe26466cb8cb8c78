"""Fresh weights are drawn as torch's own initialisers draw them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.initialisation import initial
from weightflow.populations.registry import INITIALISATIONS

DENSE = make_classifier(ArchitectureSettings(kind="mlp", widths=[30, 20], activation="relu"), (25,), 10)
CONVOLUTIONS = make_classifier(
    ArchitectureSettings(kind="cnn", channels=[8, 6], kernels=[3, 3], pools=[1, 1], widths=[10], activation="relu"),
    (3, 8, 8),
    4,
)
WITH_TOKENS = make_classifier(
    ArchitectureSettings(kind="vit", patch=4, hidden=8, layers=2, heads=2, feedforward=2), (3, 8, 8), 4
)
WITH_NORMS = make_classifier(ArchitectureSettings(kind="resnet20"), (3, 8, 8), 4)
STACK = 200


def drawn(classifier, scheme: str, stack: int = STACK, seed: int = 0) -> dict[str, torch.Tensor]:
    found = initial(classifier, stack, torch.Generator().manual_seed(seed), scheme)
    return split_weights(classifier.layers, found)


def as_torch_does(scheme: str, weight: torch.Tensor) -> torch.Tensor:
    """A weight of torch's shape, filled by torch's own initialiser."""
    match scheme:
        case "default":
            nn.init.kaiming_uniform_(weight, a=5**0.5)
        case "he":
            nn.init.kaiming_normal_(weight, nonlinearity="relu")
        case "xavier":
            nn.init.xavier_uniform_(weight)
        case "uniform":
            nn.init.uniform_(weight, -0.1, 0.1)
        case "normal":
            nn.init.normal_(weight, std=0.1)
    return weight


def assert_same_law(ours: torch.Tensor, theirs: torch.Tensor) -> None:
    """Quantiles from the first to the 99th agree, in units of the spread."""
    levels = np.linspace(0.01, 0.99, 15)
    one, two = (np.quantile(part.flatten().numpy(), levels) / theirs.std().item() for part in (ours, theirs))
    np.testing.assert_allclose(one, two, atol=0.1)
    assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.03)


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_dense_layers_begin_as_torchs(scheme):
    torch.manual_seed(1)
    for layer in DENSE.layers:
        theirs = torch.stack([as_torch_does(scheme, torch.empty(layer.neurons, layer.inputs)) for _ in range(STACK)])
        assert_same_law(drawn(DENSE, scheme)[layer.name][..., : layer.inputs], theirs)


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_convolutions_begin_as_torchs(scheme):
    torch.manual_seed(1)
    shapes = {"conv0": (8, 3, 3, 3), "conv1": (6, 8, 3, 3)}
    for name, shape in shapes.items():
        theirs = torch.stack([as_torch_does(scheme, torch.empty(shape)) for _ in range(STACK)])
        assert_same_law(drawn(CONVOLUTIONS, scheme)[name][..., :-1], theirs)


def test_default_biases_are_those_of_torchs_layers():
    torch.manual_seed(1)
    theirs = torch.stack([nn.Linear(25, 30).bias.detach() for _ in range(STACK)])
    assert_same_law(drawn(DENSE, "default")["dense0"][..., -1], theirs)
    theirs = torch.stack([nn.Conv2d(8, 6, 3).bias.detach() for _ in range(4 * STACK)])
    assert_same_law(drawn(CONVOLUTIONS, "default", 4 * STACK)["conv1"][..., -1], theirs)


@pytest.mark.parametrize("scheme", sorted(set(INITIALISATIONS) - {"default"}))
@pytest.mark.parametrize("classifier", [DENSE, CONVOLUTIONS, WITH_NORMS])
def test_other_biases_are_zero(classifier, scheme):
    maps = drawn(classifier, scheme, 2)
    for layer in classifier.layers:
        if not layer.name.startswith("norm"):
            assert layer.bias != maps[layer.name][..., -1].any()


@pytest.mark.parametrize("scheme", INITIALISATIONS)
@pytest.mark.parametrize("classifier", [WITH_TOKENS, WITH_NORMS])
def test_norms_begin_as_the_identity(classifier, scheme):
    maps = drawn(classifier, scheme, 2)
    norms = [linear for name, linear in maps.items() if name.startswith("norm")]
    assert norms
    for linear in norms:
        assert (linear[..., 0] == 1).all()
        assert (linear[..., 1] == 0).all()


@pytest.mark.parametrize("scheme", INITIALISATIONS)
def test_tokens_begin_small(scheme):
    maps = drawn(WITH_TOKENS, scheme, 500)
    for name in ("token", "position"):
        assert maps[name].std().item() == pytest.approx(0.02, rel=0.05)
        assert maps[name].mean().item() == pytest.approx(0, abs=0.001)


@given(scheme=st.sampled_from(list(INITIALISATIONS)), seed=st.integers(0, 2**63 - 1), stack=st.integers(1, 3))
def test_the_seed_says_it_all_and_networks_differ(scheme, seed, stack):
    one, two, other = (
        initial(DENSE, stack, torch.Generator().manual_seed(own), scheme) for own in (seed, seed, seed + 1)
    )
    assert one.shape == (stack, sum(layer.weights for layer in DENSE.layers))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)
    assert len(one.unique(dim=0)) == stack
