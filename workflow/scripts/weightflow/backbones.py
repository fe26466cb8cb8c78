"""Backbones: small autoregressive networks p(x | θ) = Π_i p(x_i | x_<i; θ), evaluated at given weights.

A backbone owns no weights. Its methods take them as a flat tensor (S, P): S networks side by side
(snapshots, times or seeds), P weights each. Flat order: layer by layer, neuron by neuron, each neuron's
incoming weights and then its bias. That order is the weight graph's (weight_graph.py).
"""

from collections.abc import Mapping
from typing import Any, Protocol

import torch
from torch import Tensor

from weightflow.weight_graph import HiddenUnits, LinearMap, Slots

POSITION_CHANNELS = 8  # a sine and a cosine at each of half as many periods


class Backbone(Protocol):
    """What the rest of the method needs of a backbone.

    Attributes:
        layers: its linear maps, in the order of the flat weights.
        head: name of the layer whose neurons are the counts 0 … L−1, in order.
        symmetries: its groups of interchangeable hidden units, for alignment.
        states: L.
    """

    layers: tuple[LinearMap, ...]
    head: str
    symmetries: tuple[HiddenUnits, ...]
    states: int

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], variables: int, states: int) -> "Backbone":
        """From the config's `backbone` section."""

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) fresh weights."""

    def log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-likelihoods of states (N, d) or (S, N, d) at weights (S, P)."""

    def conditionals(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, d, L) log p(· | x_<i) at the prefixes of states (N, d) or (S, N, d)."""

    def sample(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, count, d) independent states at weights (S, P)."""

    def marginals(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, d, L) probabilities of each variable's counts at weights (S, P).

        The mean over prefixes x_<i of p(x_i | x_<i): all prefixes while there are at most `count`, that many
        drawn ones after that.
        """


def make_backbone(settings: Mapping[str, Any], variables: int, states: int) -> Backbone:
    """Build the backbone that settings name.

    Args:
        settings: `kind` and that kind's own keys.
        variables: d.
        states: L.
    """
    return BACKBONES[settings["kind"]].from_settings(settings, variables, states)


def split_weights(layers: tuple[LinearMap, ...], weights: Tensor) -> dict[str, Tensor]:
    """Views (…, neurons, inputs + 1) of flat weights (…, P), by layer."""
    parts = weights.split([layer.weights for layer in layers], dim=-1)
    return {
        layer.name: part.unflatten(-1, (layer.neurons, layer.inputs + 1))
        for layer, part in zip(layers, parts, strict=True)
    }


def extend_prefixes(joint: Tensor, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
    """Prefixes one variable longer: all of them if they are few, else a systematic sample.

    Args:
        joint: (S, M, L) probabilities of M prefixes followed by each of L states.
        count: most prefixes to keep.
        generator: one draw for each of the S networks.

    Returns:
        (S, N) index of the shorter prefix, (S, N) next state, and (S, N) probability each stands for. A sampled
        prefix is drawn as often as its probability says, up to less than one draw, so sums over it are unbiased.
    """
    stack, _, states = joint.shape
    flat = joint.flatten(1)
    if flat.shape[1] <= count:
        place = torch.arange(flat.shape[1], device=joint.device).expand(stack, -1)
        return place // states, place % states, flat
    cumulative = flat.cumsum(1)
    start = torch.rand(stack, 1, generator=generator, device=joint.device, dtype=joint.dtype)
    levels = (torch.arange(count, device=joint.device) + start) / count * cumulative[:, -1:]
    place = torch.searchsorted(cumulative, levels, right=True).clamp_max(flat.shape[1] - 1)
    return place // states, place % states, (cumulative[:, -1:] / count).expand(-1, count)


def position_code(variables: int) -> Tensor:
    """(d, POSITION_CHANNELS) sines and cosines of the position, at periods from 4 up to 4·d variables.

    The shortest period tells neighbours apart; over the longest the code changes monotonically.
    """
    longest = max(1.0, float(variables))
    periods = 4 * longest ** torch.linspace(0, 1, POSITION_CHANNELS // 2, dtype=torch.float64)
    angles = 2 * torch.pi * torch.arange(variables, dtype=torch.float64)[:, None] / periods
    return torch.cat([angles.sin(), angles.cos()], dim=1).float()


class GRUBackbone:
    """GRU over the variables, with a softmax over L states at each.

    The input at variable i is the binary code of the count x_{i−1} (⌈log2 L⌉ bits; zeros at i = 0) and, where
    asked for, a code of i, without which only the hidden state can tell which variable comes next. Gates
    follow `torch.nn.GRU`: reset, update, new. The number of weights does not depend on d.
    """

    head = "head"

    def __init__(self, variables: int, states: int, hidden: int, depth: int = 1, position: bool = False):
        self.variables, self.states, self.hidden, self.depth = variables, states, hidden, depth
        self.bits = max(1, (states - 1).bit_length())
        self.positions = position_code(variables) if position else torch.zeros(variables, 0)
        layers = []
        for level in range(depth):
            inputs = hidden if level else self.bits + self.positions.shape[1]
            layers.append(LinearMap(f"input{level}", 3 * hidden, inputs))
            layers.append(LinearMap(f"recurrent{level}", 3 * hidden, hidden))
        self.layers: tuple[LinearMap, ...] = (*layers, LinearMap("head", states, hidden))

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any], variables: int, states: int) -> "GRUBackbone":
        """From the config's `backbone` section: `hidden`, `layers` and `position`."""
        return cls(variables, states, settings["hidden"], settings["layers"], settings["position"])

    @property
    def symmetries(self) -> tuple[HiddenUnits, ...]:
        """The units of each level, in any order and with either sign.

        h_j is a convex mix of itself and a tanh, so with its sign flip that of the new gate's row (whose two
        parts are added after the reset gate has scaled one) and whatever reads h_j. The other gates keep theirs.
        """
        gates = ((0, False), (self.hidden, False), (2 * self.hidden, True))  # reset, update, new
        groups = []
        for level in range(self.depth):
            own = [
                Slots(f"{part}{level}", "rows", start, flips)
                for part in ("input", "recurrent")
                for start, flips in gates
            ]
            above = f"input{level + 1}" if level + 1 < self.depth else "head"
            readers = [Slots(name, "columns", 0, True) for name in (f"recurrent{level}", above)]
            groups.append(HiddenUnits(self.hidden, (*own, *readers)))
        return tuple(groups)

    def initial(self, stack: int, generator: torch.Generator) -> Tensor:
        """(stack, P) uniform in ±1/√H, as `torch.nn.GRU` and `torch.nn.Linear` start."""
        size = sum(layer.weights for layer in self.layers)
        uniform = torch.rand(stack, size, generator=generator, device=generator.device)
        return (2 * uniform - 1) / self.hidden**0.5

    def log_prob(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N) log-likelihoods.

        Args:
            weights: (S, P).
            states: (N, d) shared or (S, N, d) own counts, int64 in 0 … L−1.
        """
        logits, states = self._logits(weights, states)
        chosen = states.transpose(1, 2).unsqueeze(-1)
        return (logits.gather(-1, chosen).squeeze(-1) - logits.logsumexp(-1)).sum(1)

    def conditionals(self, weights: Tensor, states: Tensor) -> Tensor:
        """(S, N, d, L) log-probabilities of each variable given the ones before it, as in `log_prob`."""
        return self._logits(weights, states)[0].log_softmax(-1).transpose(1, 2)

    @torch.no_grad()
    def sample(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, count, d) independent counts, drawn variable by variable."""
        maps = split_weights(self.layers, weights)
        hidden = self._start(weights, count)
        code = weights.new_zeros(len(weights), count, self.bits)
        positions = self.positions.to(code)
        drawn = []
        for i in range(self.variables):
            hidden = self._step(maps, _with(code, positions[i]), hidden)
            cumulative = _apply(maps["head"], hidden[-1]).softmax(-1).cumsum(-1)
            level = torch.rand(len(weights), count, 1, generator=generator, device=weights.device)
            # Scaled by the last entry: rounding may leave the total a little below one.
            state = torch.searchsorted(cumulative, level * cumulative[..., -1:], right=True).squeeze(-1)
            drawn.append(state.clamp_max(self.states - 1))
            code = self._code(drawn[-1])
        return torch.stack(drawn, dim=-1)

    def _logits(self, weights: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (S, d, N, L) of every conditional, and the states as (S, N, d)."""
        if states.shape[-1] != self.variables or states.dim() not in (2, 3):
            raise ValueError(
                f"expected states (N, {self.variables}) or (S, N, {self.variables}), got {tuple(states.shape)}"
            )
        maps = split_weights(self.layers, weights)
        states = states.expand(len(weights), *states.shape[-2:])
        inputs = self._code(states)
        positions = self.positions.to(inputs)
        hidden = self._start(weights, states.shape[1])
        tops = []
        for i in range(self.variables):
            previous = inputs[:, :, i - 1] if i else torch.zeros_like(inputs[:, :, 0])
            hidden = self._step(maps, _with(previous, positions[i]), hidden)
            tops.append(hidden[-1])
        logits = _apply(maps["head"], torch.cat(tops, dim=1)).unflatten(1, (self.variables, -1))
        return logits, states

    @torch.no_grad()
    def marginals(self, weights: Tensor, count: int, generator: torch.Generator) -> Tensor:
        """(S, d, L) float64; exact up to the variable before which there are more than `count` prefixes."""
        maps = split_weights(self.layers, weights)
        hidden = self._start(weights, 1)
        code = weights.new_zeros(len(weights), 1, self.bits)
        mass = torch.ones(len(weights), 1, dtype=torch.float64, device=weights.device)
        positions = self.positions.to(code)
        found: list[Tensor] = []
        while True:
            hidden = self._step(maps, _with(code, positions[len(found)]), hidden)
            joint = mass.unsqueeze(-1) * _apply(maps["head"], hidden[-1]).softmax(-1)
            found.append(joint.sum(1))
            if len(found) == self.variables:
                return torch.stack(found, dim=1)
            prefix, state, mass = extend_prefixes(joint, count, generator)
            hidden = [level.gather(1, prefix.unsqueeze(-1).expand(-1, -1, self.hidden)) for level in hidden]
            code = self._code(state)

    def _code(self, counts: Tensor) -> Tensor:
        places = torch.arange(self.bits, device=counts.device)
        return ((counts.unsqueeze(-1) >> places) & 1).to(torch.get_default_dtype())

    def _start(self, weights: Tensor, count: int) -> list[Tensor]:
        return [weights.new_zeros(len(weights), count, self.hidden) for _ in range(self.depth)]

    def _step(self, maps: dict[str, Tensor], inputs: Tensor, hidden: list[Tensor]) -> list[Tensor]:
        """One variable further: inputs (S, N, inputs), hidden states (S, N, H) by level."""
        after = []
        for level, before in enumerate(hidden):
            from_input = _apply(maps[f"input{level}"], inputs)
            from_hidden = _apply(maps[f"recurrent{level}"], before)
            reset_i, update_i, new_i = from_input.chunk(3, dim=-1)
            reset_h, update_h, new_h = from_hidden.chunk(3, dim=-1)
            update = torch.sigmoid(update_i + update_h)
            new = torch.tanh(new_i + torch.sigmoid(reset_i + reset_h) * new_h)
            after.append(new + update * (before - new))
            inputs = after[-1]
        return after


BACKBONES: dict[str, type[Backbone]] = {"gru": GRUBackbone}


def _with(code: Tensor, position: Tensor) -> Tensor:
    """(S, N, bits + channels) the previous variable's code (S, N, bits) beside that of a position (channels,)."""
    return torch.cat([code, position.expand(*code.shape[:2], -1)], dim=-1)


def _apply(linear: Tensor, inputs: Tensor) -> Tensor:
    """(S, N, neurons) outputs of a stacked linear map (S, neurons, inputs + 1) on (S, N, inputs)."""
    return torch.baddbmm(linear[..., -1].unsqueeze(1), inputs, linear[..., :-1].transpose(1, 2))
