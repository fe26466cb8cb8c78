"""Classifiers say what torch's own layers say with the same weights, and the same with their units in another order."""

import itertools

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from weightflow.alignment import align_to, match, permute
from weightflow.classifiers import CLASSIFIERS, make_classifier
from weightflow.errors import InputError
from weightflow.flat_weights import split_weights
from weightflow.stacked_layers import BatchNorms
from weightflow.weight_graph import HiddenUnits

IMAGE = (3, 8, 8)
SETTINGS = {
    "mlp": {"kind": "mlp", "widths": [6, 5], "activation": "tanh"},
    "mlp of rectifiers": {"kind": "mlp", "widths": [7], "activation": "relu"},
    "cnn": {"kind": "cnn", "channels": [4, 3], "kernels": [3, 3], "pools": [2, 1], "widths": [5], "activation": "gelu"},
    "cnn, odd": {
        "kind": "cnn",
        "channels": [4, 3],
        "kernels": [3, 3],
        "pools": [1, 1],
        "widths": [5],
        "activation": "tanh",
    },
    "resnet20": {"kind": "resnet20"},
    "vit": {"kind": "vit", "patch": 4, "width": 8, "depth": 2, "heads": 2, "feedforward": 12},
}


@pytest.fixture(params=SETTINGS)
def classifier(request):
    return make_classifier(SETTINGS[request.param], IMAGE, 10)


def draw(classifier, stack: int = 2, seed: int = 0) -> torch.Tensor:
    """Weights that are all away from zero."""
    size = sum(layer.weights for layer in classifier.layers)
    return 0.3 * torch.randn(stack, size, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def inputs(count: int = 5) -> torch.Tensor:
    return torch.randn(count, *IMAGE, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def logits(classifier, weights: torch.Tensor) -> torch.Tensor:
    return classifier.logits(weights, inputs(), BatchNorms())


def every(groups: tuple[HiddenUnits, ...]):
    """All groups, those inside units after these."""
    for group in groups:
        yield group
        for inner in group.inner:
            yield from every(inner)


def shuffled(classifier, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    for group in every(classifier.symmetries):
        odd = any(slots.flips for slots in group.slots)
        signs = rng.choice([-1, 1], group.count) if odd else np.ones(group.count, int)
        weights = permute(classifier.layers, group, weights, rng.permutation(group.count), signs)
    return weights


def test_networks_side_by_side_say_what_each_says_alone(classifier):
    weights = draw(classifier)
    together = logits(classifier, weights)
    assert together.shape == (2, 5, 10)
    for own, said in zip(weights, together, strict=True):
        torch.testing.assert_close(logits(classifier, own[None])[0], said)


def test_inputs_may_be_each_networks_own(classifier):
    weights, own = draw(classifier), torch.stack([inputs(), inputs().flip(0)])
    said = classifier.logits(weights, own, BatchNorms())
    torch.testing.assert_close(said[0], logits(classifier, weights)[0])
    torch.testing.assert_close(said[1].flip(0), logits(classifier, weights)[1])


def test_another_order_of_units_is_the_same_function(classifier, rng):
    weights = draw(classifier, 1).numpy()[0]
    moved = shuffled(classifier, weights, rng)
    assert np.abs(moved - weights).max() > 0.1
    before, after = (logits(classifier, torch.as_tensor(own)[None]) for own in (weights, moved))
    torch.testing.assert_close(after, before, rtol=1e-9, atol=1e-9)


def test_alignment_undoes_another_order(classifier, rng):
    weights = draw(classifier, 1).numpy()[0]
    found = match(classifier.layers, classifier.symmetries, shuffled(classifier, weights, rng), weights)
    np.testing.assert_allclose(found, weights, atol=1e-12)


def test_alignment_of_other_networks_keeps_what_they_say_and_brings_them_nearer(classifier):
    reference, *others = draw(classifier, 3).numpy()
    found = align_to(classifier.layers, classifier.symmetries, np.stack(others), reference)
    for before, after in zip(others, found, strict=True):
        torch.testing.assert_close(
            *(logits(classifier, torch.as_tensor(own)[None]) for own in (after, before)), rtol=1e-8, atol=1e-8
        )
        if not any(group.spectral for group in classifier.symmetries):  # whose order is not that of least distance
            assert np.linalg.norm(after - reference) < np.linalg.norm(before - reference)


def test_one_sweep_is_no_nearer_than_all(classifier):
    reference, other = draw(classifier).numpy()
    once, whole = (match(classifier.layers, classifier.symmetries, other, reference, sweeps) for sweeps in (1, None))
    assert whole @ reference >= once @ reference - 1e-9


def test_an_mlp_is_torchs(classifier):
    own = make_classifier(SETTINGS["mlp"], IMAGE, 10)
    weights = draw(own, 1)
    values = inputs().flatten(1)
    maps = [linear[0] for linear in split_weights(own.layers, weights).values()]
    for linear in maps[:-1]:
        values = torch.tanh(functional.linear(values, linear[:, :-1], linear[:, -1]))
    expected = functional.linear(values, maps[-1][:, :-1], maps[-1][:, -1])
    torch.testing.assert_close(logits(own, weights)[0], expected)


def load(module: nn.Module, linear: torch.Tensor) -> None:
    """Give a layer of torch the weights of a map (rows, columns)."""
    with torch.no_grad():
        module.weight.copy_(linear[:, : module.weight[0].numel()].reshape(module.weight.shape))
        if module.bias is not None:
            module.bias.copy_(linear[:, -1])


def test_a_cnn_is_torchs():
    own = make_classifier(SETTINGS["cnn"], IMAGE, 10)
    weights = draw(own, 1)
    network = nn.Sequential(
        *(nn.Conv2d(3, 4, 3), nn.GELU(), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3), nn.GELU(), nn.Flatten()),
        *(nn.Linear(3, 5), nn.GELU(), nn.Linear(5, 10)),
    ).double()
    layers = [layer for layer in network if hasattr(layer, "weight")]
    for layer, linear in zip(layers, split_weights(own.layers, weights).values(), strict=True):
        load(layer, linear[0])
    torch.testing.assert_close(logits(own, weights)[0], network(inputs()))


class Block(nn.Module):
    """A residual block of torch's layers."""

    def __init__(self, read: int, written: int, stride: int):
        super().__init__()
        self.first, self.norm1 = nn.Conv2d(read, written, 3, stride, 1, bias=False), nn.BatchNorm2d(written)
        self.second, self.norm2 = nn.Conv2d(written, written, 3, 1, 1, bias=False), nn.BatchNorm2d(written)
        self.shortcut = nn.Conv2d(read, written, 1, stride, bias=False) if stride == 2 else None
        self.norm3 = nn.BatchNorm2d(written) if stride == 2 else None

    def forward(self, values):
        kept = values if self.shortcut is None else self.norm3(self.shortcut(values))
        within = functional.relu(self.norm1(self.first(values)))
        return functional.relu(kept + self.norm2(self.second(within)))


@pytest.mark.parametrize("given", [False, True])
def test_a_residual_network_is_torchs(given):
    own = make_classifier(SETTINGS["resnet20"], IMAGE, 10)
    weights = draw(own, 1)
    channels = [16, 16, 16, 16, 32, 32, 32, 64, 64, 64]
    blocks = [Block(r, w, 1 + (r != w)) for r, w in itertools.pairwise(channels)]
    network = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *blocks)
    network = nn.Sequential(*network, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(64, 10)).double()
    layers = [module for module in network.modules() if hasattr(module, "weight")]
    for layer, linear in zip(layers, split_weights(own.layers, weights).values(), strict=True):
        load(layer, linear[0])
    norms = BatchNorms()
    said = own.logits(weights, inputs(), norms)
    torch.testing.assert_close(said[0], network(inputs()))
    assert {name: len(moments[0, 0]) for name, moments in norms.moments.items()} == own.norms
    if given:
        for module in network.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.momentum = 1.0
        network(inputs())
        other = inputs().flip(1)
        corrected = {}  # torch keeps variances with Bessel's correction
        for module, (name, moments) in zip(
            (m for m in network.modules() if isinstance(m, nn.BatchNorm2d)), norms.moments.items(), strict=True
        ):
            corrected[name] = torch.stack([module.running_mean, module.running_var])[None]
            torch.testing.assert_close(corrected[name][:, 0], moments[:, 0])
        said = own.logits(weights, other, BatchNorms(corrected))
        torch.testing.assert_close(said[0], network.eval()(other))


def test_a_vision_transformer_is_torchs():
    own = make_classifier(SETTINGS["vit"], IMAGE, 10)
    weights = draw(own, 1)
    maps = {name: linear[0] for name, linear in split_weights(own.layers, weights).items()}
    patches = functional.unfold(inputs(), 4, stride=4).mT  # channels first, as here
    tokens = functional.linear(patches, maps["embed"][:, :-1], maps["embed"][:, -1])
    stream = torch.cat([maps["token"].mT.expand(5, 1, -1), tokens], 1) + maps["position"].mT
    for block in range(2):
        layer = nn.TransformerEncoderLayer(8, 2, 12, 0.0, "gelu", batch_first=True, norm_first=True).double()
        parts = [maps[f"{part}{block}"] for part in ("query", "key", "value")]
        with torch.no_grad():
            layer.self_attn.in_proj_weight.copy_(torch.cat([part[:, :-1] for part in parts]))
            layer.self_attn.in_proj_bias.copy_(torch.cat([part[:, -1] for part in parts]))
        load(layer.self_attn.out_proj, maps[f"out{block}"])
        load(layer.linear1, maps[f"up{block}"])
        load(layer.linear2, maps[f"down{block}"])
        for norm, name in ((layer.norm1, "attention"), (layer.norm2, "forward")):
            with torch.no_grad():
                norm.weight.copy_(maps[f"norm-{name}{block}"][:, 0])
                norm.bias.copy_(maps[f"norm-{name}{block}"][:, 1])
        stream = layer(stream)
    final = functional.layer_norm(stream[:, 0], (8,), maps["norm"][:, 0], maps["norm"][:, 1])
    expected = functional.linear(final, maps["dense"][:, :-1], maps["dense"][:, -1])
    torch.testing.assert_close(logits(own, weights)[0], expected)


def test_the_sizes_of_the_literature():
    def count(kind: str, shape: tuple[int, ...], **settings) -> int:
        return sum(layer.weights for layer in make_classifier({"kind": kind, **settings}, shape, 10).layers)

    assert count("mlp", (1, 28, 28), widths=[32, 32], activation="relu") == 26506
    zoo = {"channels": [8, 6, 4], "kernels": [5, 5, 2], "pools": [2, 2, 1], "widths": [20], "activation": "relu"}
    assert count("cnn", (1, 28, 28), **zoo) == 2464  # the MNIST zoo of Schürholt et al.
    assert count("lenet5", (1, 28, 28), activation="relu") == 61706
    assert count("resnet20", (3, 32, 32)) == 269722 + 16 * 32 + 32 * 64 + 2 * (32 + 64)  # with projections
    assert count("resnet18", (3, 32, 32)) == 11173962


@pytest.mark.parametrize("kind", sorted(set(CLASSIFIERS) - {"mlp"}))
def test_images_are_asked_for(kind, refused):
    settings = next((own for own in SETTINGS.values() if own["kind"] == kind), {"activation": "relu"}) | {"kind": kind}
    with refused("architecture: convolutions read images"):
        make_classifier(settings, (4,), 3)


def test_nothing_left_of_an_image_is_refused(refused):
    with refused("an image of 8 × 8 has nothing left"):
        make_classifier(SETTINGS["cnn"] | {"pools": [8, 1]}, IMAGE, 3)


def test_patches_that_do_not_divide_an_image_are_refused():
    with pytest.raises(InputError, match="patches of 3 must divide images of 8 × 8"):
        make_classifier(SETTINGS["vit"] | {"patch": 3}, IMAGE, 3)
