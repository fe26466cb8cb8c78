"""Any `torch.nn.Module` as a classifier: evaluated at the weights of many networks."""

import copy
from collections.abc import Sequence
from functools import cached_property

import torch
from torch import Tensor, nn
from torch.func import functional_call, vmap

from weightflow.networks.layout import HiddenUnits
from weightflow.networks.parameter_layout import ParameterLayout, layout_of_module
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.architectures.tracing import BATCH_NORMS, trace_symmetries

_WITHOUT_BATCHING = (nn.RNNBase, nn.RNNCellBase)  # torch.func cannot run them for many weights at once


class ModuleClassifier:
    """A module of the user's, whose output (N, classes) are logits.

    Batch norms take moments from outside, as those of the other classifiers do; dropout is off.

    Args:
        module: the network.
        shape: of one input.

    Raises:
        InputError: the module has no parameters.
    """

    def __init__(self, module: nn.Module, shape: Sequence[int]):
        self.shape = tuple(shape)
        self.layout: ParameterLayout = layout_of_module(module)
        self.layers = self.layout.layers
        self.original = copy.deepcopy(module).eval()
        self.module = copy.deepcopy(module).eval()
        self.norms: dict[str, int] = {}
        self._replaced: list[_Norm] = []
        for name, part in list(self.module.named_modules()):
            if isinstance(part, BATCH_NORMS):
                norm = _Norm(name, part)
                _put(self.module, name, norm)
                self._replaced.append(norm)
                self.norms[name] = part.num_features
        self._one_by_one = bool(self.norms) or any(
            isinstance(part, _WITHOUT_BATCHING) for part in self.module.modules()
        )

    @cached_property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """Its groups of interchangeable hidden units, found by tracing; raises as `trace_symmetries`."""
        return trace_symmetries(self.original, self.shape)

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) fresh weights, as the parts of the module draw them; parameters of other parts stay as built."""
        found = []
        for seed in torch.randint(2**62, (stack,), generator=generator).tolist():
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                module = copy.deepcopy(self.original)
                for part in module.modules():
                    if callable(reset := getattr(part, "reset_parameters", None)):
                        reset()
            found.append(torch.from_numpy(self.layout.flat(module.state_dict())))
        return torch.stack(found)

    def logits(self, weights: Tensor, inputs: Tensor, norms: BatchNorms) -> Tensor:
        """(S, N, classes) of inputs (N, …) or (S, N, …) at weights (S, P)."""
        given, shared = self.layout.tensors(weights), inputs.dim() == len(self.shape) + 1

        def one(parameters: dict[str, Tensor], own: Tensor) -> Tensor:
            return functional_call(self.module, parameters, (own,), tie_weights=True)

        if not self._one_by_one:
            return vmap(one, (0, None if shared else 0))(given, inputs)
        found, parts = [], []
        for s in range(len(weights)):
            own = BatchNorms({name: value[s : s + 1] for name, value in norms.moments.items()} if norms.given else None)
            for norm in self._replaced:
                norm.norms = own
            parts.append(own)
            found.append(one({name: value[s] for name, value in given.items()}, inputs if shared else inputs[s]))
        if not norms.given:
            norms.moments |= {name: torch.cat([own.moments[name] for own in parts]) for name in self.norms}
        return torch.stack(found)


class _Norm(nn.Module):
    """A batch norm whose moments come from outside."""

    weight: nn.Parameter | None
    bias: nn.Parameter | None

    def __init__(self, name: str, norm: nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
        super().__init__()
        self.name, self.epsilon, self.channels = name, float(norm.eps), int(norm.num_features)
        self.register_parameter("weight", norm.weight)
        self.register_parameter("bias", norm.bias)
        self.norms = BatchNorms()

    def forward(self, values: Tensor) -> Tensor:
        """Values (N, C, …) normalised by channel, scaled and shifted."""
        scale = values.new_ones(self.channels) if self.weight is None else self.weight
        shift = values.new_zeros(self.channels) if self.bias is None else self.bias
        images = values.reshape(1, *values.shape[:2], -1, 1)
        found = self.norms(self.name, torch.stack([scale, shift], dim=-1)[None], images, self.epsilon)
        return found.reshape(values.shape)


def _put(module: nn.Module, name: str, part: nn.Module) -> None:
    stem, _, last = name.rpartition(".")
    setattr(module.get_submodule(stem) if stem else module, last, part)
