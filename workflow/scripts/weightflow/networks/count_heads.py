"""Heads of counts: every count has a probability.

A variable with a small range has a softmax over the cells of its table, whose last cell continues as a geometric tail
(`state_space.Range`). A variable with a large range has a mixture of discretised logistic distributions (Salimans et al.
2017), whose cost does not depend on the largest count. Conserved totals bound the values.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.data.state_space import Counts, Range
from weightflow.networks.heads import Head, Where

COMPONENTS = 6  # logistic distributions of a variable with a large range
_NARROWEST = 0.05  # width of a logistic distribution, in counts
_SHORTEST, _LONGEST = 1e-20, 80.0  # distance of two ends, in widths
_LEAST = 1e-30  # probability of a cell that bounds exclude almost


class CountHead(Head):
    """A softmax over small ranges of counts, mixtures over large ones.

    The first outputs are the logits of the cells 0 … L − 1, of which each variable uses those of its own table; then
    there are the parameters of the mixture, if some variable has one. The code of a count is the bits of its cell, and
    for large ranges two smooth functions of it, almost linear and almost logarithmic.

    Args:
        space: the counts and their ranges.
        largest: cells of the largest table that has a softmax.
    """

    def __init__(self, space: Counts | int, largest: int | None = None):
        space = Counts(space) if isinstance(space, int) else space
        self.space, self.relations = space, space.relations
        ranges = space.ranges or (Range(space.levels - 1),)
        self.tabled = [largest is None or one.cells <= largest for one in ranges]
        self.levels = max((one.cells for one, has in zip(ranges, self.tabled, strict=True) if has), default=0)
        self.mixture = LogisticMixture(ranges) if not all(self.tabled) else None
        self.outputs = self.levels + (3 * COMPONENTS if self.mixture else 0)
        self.bits = max(1, (self.levels - 1).bit_length()) if self.levels else 0
        self.inputs = self.bits + (2 if self.mixture else 0)
        self.tops = [one.top for one in ranges]
        self.ratios = [one.ratio for one in ranges]

    def has_table(self, variable: int) -> bool:
        """Whether a variable has a softmax."""
        return self.tabled[variable if len(self.tabled) > 1 else 0]

    @property
    def all_tables(self) -> bool:
        """Whether every variable has a softmax."""
        return all(self.tabled)

    def code(self, values: Tensor, where: Where = Where((0,))) -> Tensor:
        """The bits of the cells, the lowest first, and the smooth codes."""
        tops = self._each(self.tops, where, values)
        places = torch.arange(self.bits, device=values.device)
        cells = torch.minimum(values, tops) if self._is_open(where) else values
        if self.mixture is None:
            return ((cells.unsqueeze(-1) >> places) & 1).to(torch.get_default_dtype())
        tabled = self._each([float(has) for has in self.tabled], where, values.double()).float()
        bits = ((cells.unsqueeze(-1) >> places) & 1).to(torch.get_default_dtype()) * tabled.unsqueeze(-1)
        smooth = self.mixture.code(values, where) * (1 - tabled).unsqueeze(-1)
        return torch.cat([bits, smooth], dim=-1)

    def log_prob(self, outputs: Tensor, values: Tensor, where: Where = Where((0,))) -> Tensor:
        """Log-probabilities of counts."""
        if self.mixture is None:
            return self._of_tables(outputs, values, where)
        if len(where.variables) == 1:
            if self.has_table(where.variables[0]):
                return self._of_tables(outputs[..., : self.levels], values, where)
            return self.mixture.log_prob(outputs[..., self.levels :], values, where)
        parts = [
            self.log_prob(outputs[:, n], values[:, n], where.at(n)) for n in range(len(where.variables))
        ]
        return torch.stack(parts, dim=1)

    def log_prob_shared(self, outputs: Tensor, values: Tensor, where: Where = Where((0,))) -> Tensor:
        """Log-probabilities of counts, of a softmax looked up in a table."""
        (variable,) = where.variables
        if not self.has_table(variable):
            return self.mixture.log_prob(outputs[..., None, self.levels :], values, where)
        one = where if where.low is None else Where(where.variables, where.low[..., :1], where.high[..., :1])
        logits = self._bounded(outputs[..., None, : self.levels], one)[..., 0, :]
        top = self.tops[variable if len(self.tops) > 1 else 0]
        found = logits.log_softmax(-1).gather(-1, values.long().clamp_max(top))
        return self._with_tail(found, values, where)

    def sample(self, outputs: Tensor, generator: torch.Generator, where: Where = Where((0,))) -> Tensor:
        """Counts, by inversion."""
        (variable,) = where.variables
        if not self.has_table(variable):
            return self.mixture.sample(outputs[..., self.levels :], generator, where)
        cumulative = self._bounded(outputs[..., : self.levels], where).softmax(-1).cumsum(-1)
        level = torch.rand(*outputs.shape[:-1], 1, generator=generator, device=outputs.device)
        # Scaled by the last entry: rounding may leave the total a little below one.
        count = torch.searchsorted(cumulative, level * cumulative[..., -1:], right=True).squeeze(-1)
        place = variable if len(self.tops) > 1 else 0
        count = count.clamp_max(self.tops[place])
        if where.low is not None:
            count = torch.maximum(torch.minimum(count, where.high), where.low.clamp_max(self.tops[place]))
        if not (ratio := self.ratios[place]):
            return count
        share = torch.rand(count.shape, generator=generator, device=outputs.device, dtype=torch.float64)
        least, most = self._tail_shares(where, place)
        over = torch.floor(torch.log(least + share * (most - least)) / math.log(ratio)).long()
        if where.high is not None:
            over = torch.minimum(over, (where.high - self.tops[place]).clamp_min(0))
        return torch.where(count == self.tops[place], count + over.clamp_min(0), count)

    def cells(self, outputs: Tensor, where: Where) -> Tensor:
        """(…, L) probabilities of the cells of a variable with a softmax."""
        return self._bounded(outputs[..., : self.levels], where).softmax(-1)

    def masses(self, outputs: Tensor, edges: Tensor, where: Where = Where((0,))) -> Tensor:
        """Probabilities of the bins; the last one holds all larger counts, too."""
        (variable,) = where.variables
        if not self.has_table(variable):
            return self.mixture.masses(outputs[..., self.levels :], edges, where)
        cells, bins = self.cells(outputs, where), len(edges) - 1
        place = variable if len(self.tops) > 1 else 0
        width = max(1, round(float(edges[1] - edges[0])))
        levels = width * bins
        if levels == self.levels and self.tops[place] == levels - 1:
            found = cells
        else:
            found = spread(cells, Range(self.tops[place], self.ratios[place]), levels)
        return found if width == 1 else found.unflatten(-1, (bins, width)).sum(-1)

    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor, where: Where = Where((0,))) -> Tensor:
        """By the sum over all cells, exact without bounds; estimated from the values for a mixture."""
        if self.mixture is not None:
            return self.log_prob(wanted, values, where) - self.log_prob(found, values, where)
        wanted, found = (self._bounded(part, where).log_softmax(-1) for part in (wanted, found))
        return (wanted.exp() * (wanted - found).where(wanted > -math.inf, 0.0)).sum(-1)

    def roughness(self, rows: Tensor) -> Tensor:
        """Mean over networks of the squared third differences along the counts of the softmax.

        The neurons belong to the counts 0 … L−1 in order. A penalty on their third differences (Eilers & Marx
        1996) makes logits smooth in the count. Quadratic logits, that is Gaussian distributions, cost nothing.
        """
        return rows[..., : self.levels, :].diff(n=3, dim=-2).square().sum((-1, -2)).mean()

    @cached_property
    def _closed(self) -> Tensor | None:
        """(d, L) zero at the cells of each variable, −∞ beyond; None if all have L cells."""
        if all(top + 1 == self.levels for top, has in zip(self.tops, self.tabled, strict=True) if has):
            return None
        cells = torch.arange(self.levels)
        tops = torch.tensor(self.tops).unsqueeze(-1)
        return torch.zeros(len(self.tops), self.levels).masked_fill(cells > tops, -math.inf)

    def _of_tables(self, outputs: Tensor, values: Tensor, where: Where) -> Tensor:
        logits = self._bounded(outputs, where)
        cells = torch.minimum(values, self._each(self.tops, where, values)) if self._is_open(where) else values
        found = functional.cross_entropy(logits.flatten(0, -2), cells.flatten().long(), reduction="none")
        return self._with_tail(-found.unflatten(0, values.shape), values, where)

    def _bounded(self, logits: Tensor, where: Where) -> Tensor:
        """Logits of the cells, −∞ beyond each variable's table and bounds."""
        if self._closed is not None:
            closed = self._closed.to(logits)
            rows = [v if len(self.tops) > 1 else 0 for v in where.variables]
            own = closed[rows].unsqueeze(-2) if len(rows) > 1 else closed[rows[0]]
            logits = logits + own
        if where.low is None:
            return logits
        cells = torch.arange(self.levels, device=logits.device)
        low, high = where.low.unsqueeze(-1), where.high.unsqueeze(-1)
        tops = self._each(self.tops, where, where.low).unsqueeze(-1)
        logits = logits.masked_fill((cells < torch.minimum(low, tops)) | (cells > high), -math.inf)
        if self._is_open(where):
            inside = self._inside(where).unsqueeze(-1)
            logits = torch.where((cells == tops) & (high >= tops), logits + inside.to(logits), logits)
        return logits

    def _with_tail(self, found: Tensor, values: Tensor, where: Where) -> Tensor:
        """Log-probabilities of counts from those of their cells."""
        if not self._is_open(where):
            return found
        tops = self._each(self.tops, where, values)
        ratios = self._each(self.ratios, where, values.double()).clamp_min(_LEAST)
        tail = torch.log1p(-ratios) + (values - tops).clamp_min(0) * ratios.log()
        if where.low is not None:
            tail = tail - self._inside(where)
        return found + torch.where((values >= tops) & (ratios > _LEAST), tail, 0.0).to(found)

    def _inside(self, where: Where) -> Tensor:
        """Logarithm of the share of the geometric tails within the bounds."""
        tops = self._each(self.tops, where, where.low)
        ratios = self._each(self.ratios, where, where.low.double()).clamp_min(_LEAST)
        least = ratios ** (where.low - tops).clamp_min(0)
        most = ratios ** (where.high - tops + 1).clamp_min(0)
        return torch.log((least - most).clamp_min(_LEAST))

    def _tail_shares(self, where: Where, place: int) -> tuple[Tensor | float, Tensor | float]:
        """Survival of the geometric tail at the upper and at the lower bound."""
        if where.low is None:
            return 0.0, 1.0
        ratio = max(self.ratios[place], _LEAST)
        most = ratio ** (where.low - self.tops[place]).clamp_min(0).double()
        return ratio ** (where.high - self.tops[place] + 1).clamp_min(0).double(), most

    def _is_open(self, where: Where) -> bool:
        """Whether some of the variables has a tail."""
        return any(self.ratios[v if len(self.ratios) > 1 else 0] for v in where.variables)

    def _each(self, numbers: Sequence[float], where: Where, like: Tensor) -> Tensor:
        """A number of each of the variables, in a shape that goes with values (…, n, N), or (…, N) of one."""
        own = [numbers[v if len(numbers) > 1 else 0] for v in where.variables]
        if len(own) == 1:
            return torch.tensor(own[0], dtype=like.dtype, device=like.device)
        return torch.tensor(own, dtype=like.dtype, device=like.device).unsqueeze(-1)


def spread(cells: Tensor, own: Range, levels: int) -> Tensor:
    """As `Range.spread`, of tensors."""
    found = cells.new_zeros(*cells.shape[:-1], levels)
    if levels <= own.top:
        found[..., :-1] = cells[..., : levels - 1]
        found[..., -1] = cells[..., levels - 1 :].sum(-1)
    else:
        found[..., : own.top] = cells[..., : own.top]
        found[..., own.top :] = cells[..., own.top : own.top + 1] * torch.as_tensor(own.tail(levels)).to(cells)
    return found


class Logistics(NamedTuple):
    """Mixtures of M logistic distributions.

    Attributes:
        logits, means, widths: (…, M) of each component.
    """

    logits: Tensor
    means: Tensor
    widths: Tensor


class LogisticMixture:
    """Mixtures of logistic distributions over scaled counts, integrated over each count.

    A count x is scaled to y = (asinh(x / s) − m) / w, almost linear below the scale s and logarithmic above, with s the
    middle of the range. All mass below ½ belongs to the count 0.

    Args:
        ranges: (d,) of the variables.
    """

    def __init__(self, ranges: Sequence[Range]):
        self.scales = [max(one.scale or one.top / 4, 1.0) for one in ranges]
        tops = [math.asinh(one.top / scale) for one, scale in zip(ranges, self.scales, strict=True)]
        self.middles = [top / 2 for top in tops]
        self.units = [top / 4 or 1.0 for top in tops]
        self.longest = [math.log1p(one.top) or 1.0 for one in ranges]
        self.starts = torch.linspace(-1.5, 1.5, COMPONENTS)

    def scaled(self, counts: Tensor, variable: int) -> Tensor:
        """Scaled counts, float64."""
        scale, middle, unit = (self._own(part, variable) for part in (self.scales, self.middles, self.units))
        return (torch.asinh(counts.double() / scale) - middle) / unit

    def code(self, values: Tensor, where: Where) -> Tensor:
        """(…, 2) an almost linear and a logarithmic function of counts."""
        rows = values.unbind(-2) if len(where.variables) > 1 else (values,)
        made = []
        for row, variable in zip(rows, where.variables, strict=True):
            scale = self._own(self.scales, variable)
            smooth = self.scaled(row, variable), torch.log1p(row.double()) / self._own(self.longest, variable)
            made.append(torch.stack(smooth, dim=-1).float())
        return torch.stack(made, dim=-3) if len(where.variables) > 1 else made[0]

    def log_prob(self, outputs: Tensor, values: Tensor, where: Where) -> Tensor:
        """Log-probabilities of counts."""
        (variable,) = where.variables
        mixture = self._mixture(outputs, variable)
        found = (mixture.logits + _log_between(mixture, *self._ends(values, values, variable))).logsumexp(-1)
        if where.low is None:
            return found - mixture.logits.logsumexp(-1)
        every = mixture.logits + _log_between(mixture, *self._ends(where.low, where.high, variable))
        return found - every.logsumexp(-1)

    def sample(self, outputs: Tensor, generator: torch.Generator, where: Where) -> Tensor:
        """A component by inversion, then a count from it."""
        (variable,) = where.variables
        mixture = self._mixture(outputs, variable)
        logits, least, most = mixture.logits, None, None
        if where.low is not None:
            least, most = self._ends(where.low, where.high, variable)
            logits = logits + _log_between(mixture, least, most)
        cumulative = logits.softmax(-1).cumsum(-1)
        level = torch.rand(*outputs.shape[:-1], 1, generator=generator, device=outputs.device)
        chosen = (cumulative < level * cumulative[..., -1:]).sum(-1, keepdim=True)
        mean, width = (part.gather(-1, chosen).squeeze(-1).double() for part in (mixture.means, mixture.widths))
        share = torch.rand(mean.shape, generator=generator, device=outputs.device, dtype=torch.float64)
        if where.low is not None:
            below, above = torch.sigmoid((least - mean) / width), torch.sigmoid((most - mean) / width)
            share = below + share * (above - below)
        drawn = mean + width * torch.logit(share.clamp(1e-15, 1 - 1e-15))
        scale, middle, unit = (self._own(part, variable) for part in (self.scales, self.middles, self.units))
        counts = torch.sinh((drawn * unit + middle).clamp_max(40.0)) * scale
        counts = counts.round().clamp(0, 2e9).long()
        return counts if where.low is None else torch.maximum(torch.minimum(counts, where.high), where.low)

    def masses(self, outputs: Tensor, edges: Tensor, where: Where) -> Tensor:
        """Differences of the mixture's distribution function; no count is below 0, and the last bin has no end."""
        (variable,) = where.variables
        mixture = self._mixture(outputs, variable)
        ends = self.scaled(edges, variable)
        ends[0], ends[-1] = -math.inf, math.inf
        below = torch.sigmoid((ends.unsqueeze(-1) - mixture.means.unsqueeze(-2)) / mixture.widths.unsqueeze(-2))
        share = mixture.logits.softmax(-1).double()
        if where.low is None:
            return (below.diff(dim=-2) * share.unsqueeze(-2)).sum(-1).to(outputs)
        low, high = self._ends(where.low, where.high, variable)
        low, high = (
            torch.sigmoid((end.unsqueeze(-1) - mixture.means) / mixture.widths).unsqueeze(-2) for end in (low, high)
        )
        inside = torch.minimum(torch.maximum(below, low), high).diff(dim=-2) * share.unsqueeze(-2)
        inside = inside.sum(-1)
        return (inside / inside.sum(-1, keepdim=True).clamp_min(_LEAST)).to(outputs)

    def _ends(self, low: Tensor, high: Tensor, variable: int) -> tuple[Tensor, Tensor]:
        """Scaled ends of the counts from `low` to `high`, float64; infinite below 0 and beyond all counts."""
        least = self.scaled(low.double() - 0.5, variable).masked_fill(low <= 0, -math.inf)
        most = self.scaled(high.clamp_max(2**40).double() + 0.5, variable).masked_fill(high >= 2**40, math.inf)
        return least, most

    def _mixture(self, outputs: Tensor, variable: int) -> Logistics:
        logits, means, raw = outputs.chunk(3, dim=-1)
        one = 1 / (self._own(self.scales, variable) * self._own(self.units, variable))  # a count near zero, scaled
        return Logistics(logits, means + self.starts.to(means), _NARROWEST * one + functional.softplus(raw))

    @staticmethod
    def _own(numbers: Sequence[float], variable: int) -> float:
        return numbers[variable if len(numbers) > 1 else 0]


def _log_between(mixture: Logistics, least: Tensor, most: Tensor) -> Tensor:
    """(…, M) log-probabilities between two ends (…), by σ(b) − σ(a) = σ(b) σ(−a) (1 − e^(a−b))."""
    from_zero, to_end = (torch.isinf(end).unsqueeze(-1) for end in (least, most))
    least, most = (end.masked_fill(torch.isinf(end), 0.0).unsqueeze(-1) for end in (least, most))
    means, widths = mixture.means.double(), mixture.widths.double()
    above = functional.logsigmoid(((means - least) / widths).to(mixture.means)).masked_fill(from_zero, 0.0)
    below = functional.logsigmoid(((most - means) / widths).to(mixture.means)).masked_fill(to_end, 0.0)
    length = ((most - least) / widths).to(mixture.means).masked_fill(from_zero | to_end, math.inf)
    return above + below + torch.log(-torch.expm1(-length.clamp(_SHORTEST, _LONGEST)))
