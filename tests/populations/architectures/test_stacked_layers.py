"""Layers of many networks side by side are torch's layers, one network after another."""

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.nn import functional

from weightflow.populations.architectures import stacked_layers
from weightflow.populations.architectures.stacked_layers import (
    BatchNorms,
    Dropout,
    convolve,
    dense,
    for_each,
    norm_map,
    pool,
    scaled,
)

SIZES = st.integers(1, 4)


def draw(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@given(SIZES, st.lists(SIZES, min_size=1, max_size=3), SIZES, SIZES)
def test_a_dense_layer_is_torchs(stack, leading, neurons, inputs):
    linear, values = draw(stack, neurons, inputs + 1), draw(stack, *leading, inputs, seed=1)
    found = dense(linear, values)
    for own, entering, leaving in zip(linear, values, found, strict=True):
        torch.testing.assert_close(leaving, functional.linear(entering, own[:, :-1], own[:, -1]))


@given(
    stack=SIZES,
    count=SIZES,
    channels=SIZES,
    neurons=SIZES,
    kernel=st.integers(1, 3),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    bias=st.booleans(),
    cached=st.sampled_from([0, stacked_layers._CACHED]),
)
def test_a_convolution_is_torchs(stack, count, channels, neurons, kernel, stride, padding, bias, cached):
    """Whether by torch's grouped convolutions or by products with patches."""
    linear = draw(stack, neurons, channels * kernel**2 + bias)
    images = draw(stack, count, channels, 5, 4, seed=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stacked_layers, "_CACHED", cached)
        found = convolve(linear, images, kernel, stride, padding)
    for own, entering, leaving in zip(linear, images, found, strict=True):
        weight = own[:, : channels * kernel**2].reshape(neurons, channels, kernel, kernel)
        expected = functional.conv2d(entering, weight, own[:, -1] if bias else None, stride, padding)
        torch.testing.assert_close(leaving, expected)


def test_a_convolution_reads_patches_channel_by_channel():
    """The map applied to each patch as a linear one."""
    linear, images = draw(2, 3, 2 * 4 + 1), draw(2, 5, 2, 4, 4, seed=1)
    found = convolve(linear, images, 2)
    for row, column in itertools.product(range(3), range(3)):
        patches = images[..., row : row + 2, column : column + 2].flatten(2)
        torch.testing.assert_close(found[..., row, column], dense(linear, patches))


@pytest.mark.parametrize("size", [1, 2, 3])
def test_pools_take_the_largest_of_each_square(size):
    images = draw(2, 3, 4, 7, 6)
    found = pool(images, size)
    assert found.shape == (2, 3, 4, 7 // size, 6 // size)
    for row, column in itertools.product(range(7 // size), range(6 // size)):
        square = images[..., row * size : (row + 1) * size, column * size : (column + 1) * size]
        torch.testing.assert_close(found[..., row, column], square.amax((-2, -1)))


@given(SIZES, SIZES, SIZES, st.integers(1, 3), st.booleans())
def test_pools_are_the_same_in_every_layout(stack, count, channels, size, ties):
    """The layout of products with patches, its copy, and torch's pool; of equal values the first has the gradient."""
    values = draw(channels, stack, 6, 7, count).round(decimals=0 if ties else 9)
    strided = values.permute(1, 4, 0, 2, 3)  # the images innermost
    copied = strided.clone(memory_format=torch.contiguous_format)
    towards = draw(stack, count, channels, 6 // size, 7 // size, seed=2)
    assert strided.stride(1) == 1
    results, gradients = [], []
    for entering in (strided, copied):
        leaf = entering.detach().requires_grad_()
        found = pool(leaf, size)
        (found * towards).sum().backward()
        results.append(found.detach())
        gradients.append(leaf.grad)
    torch.testing.assert_close(results[0], results[1], rtol=0, atol=0)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=0)
    expected = functional.max_pool2d(copied.flatten(0, 1), size).unflatten(0, (stack, count))
    torch.testing.assert_close(results[0], expected, rtol=0, atol=0)


@given(SIZES, st.lists(SIZES, max_size=3), SIZES)
def test_scales_and_shifts_are_each_networks_own(stack, leading, channels):
    linear, values = draw(stack, channels, 2), draw(stack, *leading, channels, seed=1)
    found = scaled(linear, values)
    for own, before, after in zip(linear, values, found, strict=True):
        torch.testing.assert_close(after, before * own[:, 0] + own[:, 1])


def test_a_norm_in_training_is_torchs_and_its_moments_are_kept():
    linear, images = draw(2, 3, 2), 4 * draw(2, 6, 3, 4, 5, seed=1) + 3
    norms = BatchNorms()
    found = norms("norm", linear, images)
    assert not norms.given
    for own, before, after, moments in zip(linear, images, found, norms.moments["norm"], strict=True):
        mean, variance = torch.zeros(3).double(), torch.ones(3).double()
        expected = functional.batch_norm(before, mean, variance, own[:, 0], own[:, 1], training=True, momentum=1.0)
        torch.testing.assert_close(after, expected)
        count = 6 * 4 * 5
        torch.testing.assert_close(moments, torch.stack([mean, variance * (count - 1) / count]))


def test_a_norm_with_given_moments_is_torchs_and_keeps_these():
    linear, images = draw(2, 3, 2), draw(2, 6, 3, 4, 5, seed=1)
    moments = torch.stack([draw(2, 3, seed=2), draw(2, 3, seed=3).exp()], dim=1)
    norms = BatchNorms({"norm": moments})
    found = norms("norm", linear, images)
    assert norms.given
    assert torch.equal(norms.moments["norm"], moments)
    for own, before, after, (mean, variance) in zip(linear, images, found, moments, strict=True):
        torch.testing.assert_close(after, functional.batch_norm(before, mean, variance, own[:, 0], own[:, 1]))


def test_no_moments_are_given_ones_too():
    """Those of a classifier without norms."""
    assert BatchNorms({}).given


def test_moments_given_are_not_changed_by_a_pass():
    given_moments = {"norm": torch.ones(1, 2, 3)}
    norms = BatchNorms(given_moments)
    norms.moments["other"] = torch.zeros(1)
    assert list(given_moments) == ["norm"]


@pytest.mark.parametrize("shape", [(4,), (3, 8, 8)])
def test_inputs_are_shared_or_each_networks_own(shape):
    shared, own = draw(5, *shape), draw(2, 5, *shape)
    assert for_each(own, 2, len(shape)) is own
    found = for_each(shared, 2, len(shape))
    assert found.shape == own.shape
    assert all(torch.equal(part, shared) for part in found)


def test_a_norms_map_has_a_weight_and_a_bias_for_each_channel():
    layer = norm_map("norm", 7)
    assert (layer.name, layer.neurons, layer.columns, layer.weights) == ("norm", 7, 2, 14)


def test_dropout_keeps_the_mean_and_drops_its_share():
    values = torch.ones(50, 400)
    found = Dropout(0.2, torch.Generator().manual_seed(0))(values)
    assert set(found.unique().tolist()) == {0.0, 1.25}
    assert found.mean() == pytest.approx(1, abs=0.02)
    assert Dropout()(values) is values
