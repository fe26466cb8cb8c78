"""A user's module is evaluated as it evaluates itself, for many networks at once."""

import torch
from torch import nn

from tests.populations.architectures.test_tracing import Residual
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.architectures.torch_module import ModuleClassifier


def test_a_module_is_evaluated_as_it_evaluates_itself(rng):
    module = Residual()
    inputs = torch.as_tensor(rng.normal(size=(50, 2, 6, 6)), dtype=torch.float32)
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.momentum = 1.0
    module.train()
    module(inputs)  # its norms now have the moments of these inputs
    classifier = ModuleClassifier(module, (2, 6, 6))
    weights = torch.as_tensor(classifier.layout.flat(module.state_dict()))[None]
    norms = BatchNorms()
    classifier.logits(weights, inputs, norms)
    found = classifier.logits(weights, inputs, BatchNorms(norms.moments))
    module.eval()
    torch.testing.assert_close(found[0], module(inputs), rtol=0.01, atol=0.005)  # torch keeps the unbiased variance


def test_recurrent_modules_are_evaluated_one_by_one(rng):
    class Recurrent(nn.Module):
        def __init__(self):
            super().__init__()
            self.gru, self.last = nn.GRU(3, 4, batch_first=True), nn.Linear(4, 2)

        def forward(self, x):
            return self.last(self.gru(x)[0][:, -1])

    module = Recurrent().eval()
    classifier = ModuleClassifier(module, (5, 3))
    inputs = torch.as_tensor(rng.normal(size=(6, 5, 3)), dtype=torch.float32)
    weights = torch.as_tensor(classifier.layout.flat(module.state_dict()))
    found = classifier.logits(torch.stack([weights, 2 * weights]), inputs, BatchNorms())
    torch.testing.assert_close(found[0], module(inputs))
    assert not torch.allclose(found[0], found[1])


def test_a_module_is_initialised_as_its_parts_are_and_the_global_generator_stays():
    classifier = ModuleClassifier(Residual(), (2, 6, 6))
    before = torch.get_rng_state()
    one, again, other = (classifier.initial(2, torch.Generator().manual_seed(seed)) for seed in (3, 3, 4))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(one, again)
    assert not torch.equal(one, other)
    assert not torch.equal(one[0], one[1])
    found = classifier.layout.tensors(one)
    norms = [name for name in found if name.endswith("weight") and found[name].dim() == 2]
    assert norms
    assert all((found[name] == 1).all() for name in norms)
