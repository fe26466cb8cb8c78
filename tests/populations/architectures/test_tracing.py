"""Units found by tracing may be permuted without changing the function; unknown layers are named."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from weightflow.errors import InputError
from weightflow.networks.alignment import permute
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.architectures.torch_module import ModuleClassifier
from weightflow.populations.architectures.tracing import trace_symmetries


class Residual(nn.Module):
    """A stream with a sum, a convolution for each channel, norms of both sorts, and functions of tensors."""

    def __init__(self):
        super().__init__()
        self.stem, self.norm = nn.Conv2d(2, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.inner, self.inner_norm = nn.Conv2d(6, 6, 3, padding=1, bias=False), nn.BatchNorm2d(6)
        self.down, self.each = nn.Conv2d(6, 8, 1, stride=2), nn.Conv2d(8, 8, 3, padding=1, groups=8)
        self.dense, self.layer_norm, self.last = nn.Linear(8 * 9, 10), nn.LayerNorm(10), nn.Linear(10, 3)

    def forward(self, x):
        x = functional.relu(self.norm(self.stem(x)))
        x = torch.relu(x + self.inner_norm(self.inner(x)))
        x = functional.gelu(self.each(self.down(x)))
        x = x.view(x.size(0), -1)
        return self.last(functional.dropout(self.layer_norm(2 * torch.tanh(self.dense(x))), training=self.training))


class Twice(nn.Module):
    """A layer that is used twice: its inputs and outputs are one group."""

    def __init__(self):
        super().__init__()
        self.first, self.again, self.last = nn.Linear(4, 5), nn.Linear(5, 5), nn.Linear(5, 2)

    def forward(self, x):
        x = torch.tanh(self.first(x))
        return self.last(torch.tanh(self.again(torch.tanh(self.again(x)))))


class Skip(nn.Module):
    """A sum with the input: the units of the stream stay in place."""

    def __init__(self):
        super().__init__()
        self.inner, self.outer, self.last = nn.Linear(4, 7), nn.Linear(7, 4), nn.Linear(4, 2)

    def forward(self, x):
        return self.last(x + self.outer(functional.relu(self.inner(x))))


MODULES = {
    "mlp": (nn.Sequential(nn.Flatten(), nn.Linear(18, 7), nn.Tanh(), nn.Linear(7, 5), nn.ReLU(), nn.Linear(5, 3)), 2),
    "cnn": (
        nn.Sequential(
            *(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 1), nn.Softplus()),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(5, 3)),
        ),
        2,
    ),
    "residual": (Residual(), 3),
}


def changed(classifier: ModuleClassifier, weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The network with all its units in another order, and with other signs where they have none."""
    for group in classifier.symmetries:
        odd = all(slots.flips for slots in group.slots)
        signs = rng.choice([-1, 1], group.count) if odd else np.ones(group.count)
        weights = permute(classifier.layers, group, weights, rng.permutation(group.count), signs)
    return weights


@pytest.mark.parametrize("name", MODULES)
def test_units_in_another_order_are_the_same_function(name, rng):
    module, groups = MODULES[name]
    shape = (2, 6, 6) if name != "mlp" else (2, 3, 3)
    classifier = ModuleClassifier(module, shape)
    assert len(classifier.symmetries) == groups
    weights = classifier.layout.flat(module.state_dict())
    other = changed(classifier, weights, rng)
    assert np.abs(weights - other).max() > 0.1
    inputs = torch.as_tensor(rng.normal(size=(9, *shape)), dtype=torch.float32)
    both = classifier.logits(torch.as_tensor(np.stack([weights, other])), inputs, BatchNorms())
    torch.testing.assert_close(both[0], both[1], rtol=1e-4, atol=1e-5)


def test_signs_change_only_along_odd_functions():
    groups = trace_symmetries(MODULES["mlp"][0], (2, 3, 3))
    assert [group.slots[0].flips for group in groups] == [True, False]


def test_a_layer_used_twice_has_one_order_of_units(rng):
    module = Twice()
    classifier = ModuleClassifier(module, (4,))
    (group,) = classifier.symmetries
    assert {(slots.layer, slots.side) for slots in group.slots} == {
        *(("first", "rows"), ("again", "rows")),
        *(("again", "columns"), ("last", "columns")),
    }


def test_a_stream_that_begins_at_the_input_stays_in_place():
    (group,) = trace_symmetries(Skip(), (4,))
    assert {slots.layer for slots in group.slots} == {"inner", "outer"}
    assert group.count == 7


@pytest.mark.parametrize(
    ("module", "said"),
    [
        (nn.Sequential(nn.Linear(4, 4), nn.GroupNorm(2, 4), nn.Linear(4, 2)), r"layer 1 \(GroupNorm\)"),
        (nn.Sequential(nn.Unflatten(1, (1, 4)), nn.GRU(4, 2)), r"of its layer 0 \(Unflatten\)"),
    ],
)
def test_a_layer_of_which_nothing_is_known_is_named(module, said):
    with pytest.raises(InputError, match=said):
        trace_symmetries(module, (4,))


class Shifted(nn.Module):
    """A constant with another number for each unit is added."""

    def __init__(self):
        super().__init__()
        self.first, self.last = nn.Linear(4, 5), nn.Linear(5, 2)

    def forward(self, x):
        return self.last(torch.relu(self.first(x)) + torch.arange(5.0))


def test_a_sum_with_a_constant_for_each_unit_is_named():
    with pytest.raises(InputError, match="of its operation add"):
        trace_symmetries(Shifted(), (4,))


def test_a_forward_that_branches_on_numbers_is_refused():
    class Branching(nn.Module):
        def __init__(self):
            super().__init__()
            self.last = nn.Linear(4, 2)

        def forward(self, x):
            return self.last(x) if x.sum() > 0 else -self.last(x)

    with pytest.raises(InputError, match=r"cannot be followed by torch\.fx"):
        trace_symmetries(Branching(), (4,))
