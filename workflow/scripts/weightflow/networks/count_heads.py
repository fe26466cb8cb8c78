"""Heads of counts: every count has a probability.

A variable with a small range has a softmax over the cells of its table, whose last cell continues as a geometric tail
(`state_space.Range`). A variable with a large range has a mixture of discretised logistic distributions (Salimans et
al. 2017), whose cost does not depend on the largest count. Relations bound the values.
"""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple, TypeVar

import torch
from torch import Tensor
from torch.nn import functional

from weightflow.data.state_space import Counts, Range, StateSpace
from weightflow.limits import MOST_COUNTS
from weightflow.networks.heads import ANY, Head, Where

COMPONENTS = 6  # logistic distributions of a variable with a large range
_NARROWEST = 0.05  # width of a logistic distribution, in counts
_SHORTEST, _LONGEST = 1e-20, 80.0  # distance of two ends, in widths
_LEAST = 1e-30  # ratio, probability
_OUTERMOST = 1.5  # scaled mean of the last component at outputs of zero; the counts of the table lie at −2 … 2
_BEYOND = 40.0  # its sinh is 1e17, more than the largest count, and not infinite
_TINY = 1e-300  # probability, float64

T = TypeVar("T")


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
        self.ranges = space.ranges or (Range(space.levels - 1),)
        computed = {relation.computed for relation in space.relations}
        self.tabled = [v in computed or largest is None or own.cells <= largest for v, own in enumerate(self.ranges)]
        self._softmax = [v for v, has in enumerate(self.tabled) if has and v not in computed]
        self.levels = max((self.ranges[v].cells for v in self._softmax), default=0)
        self.mixture = None if all(self.tabled) else LogisticMixture(self.ranges)
        self.outputs = self.levels + (3 * COMPONENTS if self.mixture else 0)
        self.bits = max(1, (self.levels - 1).bit_length()) if self.levels else 0
        self.inputs = self.bits + (2 if self.mixture else 0)
        self.tops = [own.top for own in self.ranges]
        self.ratios = [own.ratio for own in self.ranges]

    def has_table(self, variable: int) -> bool:
        """Whether a variable has a softmax, or is computed."""
        return _own(self.tabled, variable)

    @property
    def all_tables(self) -> bool:
        """Whether every variable has a softmax, or is computed."""
        return all(self.tabled)

    def code(self, values: Tensor, where: Where = ANY) -> Tensor:
        """The bits of the cells, the lowest first, and the smooth codes."""
        places = torch.arange(self.bits, device=values.device)
        cells = torch.minimum(values, self._each(self.tops, where, values))
        bits = ((cells.unsqueeze(-1) >> places) & 1).to(torch.get_default_dtype())
        if self.mixture is None:
            return bits
        tabled = self._each(self.tabled, where, bits).unsqueeze(-1)
        smooth = self.mixture.code(values, where).to(bits)
        return torch.cat([bits * tabled, smooth * (1 - tabled)], dim=-1)

    def log_prob(self, outputs: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """Log-probabilities of counts."""
        if self.mixture is None:
            return self._of_tables(outputs, values, where)
        if len(where.variables) > 1:
            places = range(len(where.variables))
            return torch.stack([self.log_prob(outputs[:, n], values[:, n], where.at(n)) for n in places], dim=1)
        if self.has_table(where.variables[0]):
            return self._of_tables(outputs[..., : self.levels], values, where)
        return self.mixture.log_prob(outputs[..., self.levels :], values, where)

    def log_prob_shared(self, outputs: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """Log-probabilities of counts, of a softmax looked up in a table."""
        (variable,) = where.variables
        if self.mixture is not None and not self.has_table(variable):
            return self.mixture.log_prob(outputs[..., None, self.levels :], values, where)
        if not values.shape[-1]:
            return outputs.new_zeros(values.shape)
        logits = self._bounded(outputs[..., None, : self.levels], where.shared())[..., 0, :]
        cells = values.long().clamp(0, _own(self.tops, variable))
        return self._with_tail(logits.log_softmax(-1).gather(-1, cells), values, where)

    def sample(self, outputs: Tensor, generator: torch.Generator, where: Where = ANY) -> Tensor:
        """Counts, by inversion."""
        (variable,) = where.variables
        if self.mixture is not None and not self.has_table(variable):
            return self.mixture.sample(outputs[..., self.levels :], generator, where)
        cumulative = self.cells(outputs, where).cumsum(-1)
        level = torch.rand(*outputs.shape[:-1], 1, generator=generator, device=outputs.device)
        # Scaled by the last entry: rounding may leave the total a little below one.
        count = torch.searchsorted(cumulative, level * cumulative[..., -1:], right=True).squeeze(-1)
        top, ratio = _own(self.tops, variable), _own(self.ratios, variable)
        count = count.clamp_max(top)
        if where.bounds is not None:
            low, high = (bound.clamp_max(top) for bound in where.bounds)
            count = torch.maximum(torch.minimum(count, high), low)
        if ratio == 0:
            return count
        share = torch.rand(count.shape, generator=generator, device=outputs.device, dtype=torch.float64)
        if where.bounds is None:
            over = torch.floor(torch.log1p(-share) / math.log(ratio)).long()
        else:
            least, number = self._tail(where, where.bounds)
            over = torch.floor(
                torch.log1p(share * torch.expm1(number.double() * math.log(ratio))) / math.log(ratio)
            ).long()
            over = least + torch.minimum(over, number - 1)
        return torch.where(count == top, count + over, count).clamp_max(MOST_COUNTS)

    def cells(self, outputs: Tensor, where: Where) -> Tensor:
        """(…, L) probabilities of the cells of a variable with a softmax."""
        return self._bounded(outputs[..., : self.levels], where).softmax(-1)

    def counts(self, outputs: Tensor, levels: int, where: Where) -> Tensor:
        """(…, levels) probabilities of the counts 0 … levels − 1 or more of a variable with a softmax."""
        (variable,) = where.variables
        cells, own = self.cells(outputs, where), self.ranges[variable if len(self.ranges) > 1 else 0]
        if levels == own.cells == self.levels:
            return cells
        found = spread(cells, own, levels)
        if where.bounds is not None and own.ratio and levels > own.cells:  # the tail ends at a bound
            least, number = (part.unsqueeze(-1) for part in self._tail(where, where.bounds))
            over = torch.arange(levels - own.top, device=outputs.device) - least
            inside = -torch.expm1(number.double() * math.log(own.ratio))
            shares = own.ratio ** over.clamp_min(0).double() * (1 - own.ratio) / inside
            shares = shares.masked_fill((over < 0) | (over >= number), 0.0)
            shares[..., -1] = (1 - shares[..., :-1].sum(-1)).clamp_min(0)
            found[..., own.top :] = cells[..., own.top : own.top + 1] * shares.to(cells)
        return found

    def masses(self, outputs: Tensor, edges: Tensor, where: Where = ANY) -> Tensor:
        """Probabilities of the bins; the last one holds all larger counts, too."""
        (variable,) = where.variables
        if self.mixture is not None and not self.has_table(variable):
            return self.mixture.masses(outputs[..., self.levels :], edges, where)
        bins, width = len(edges) - 1, max(1, round(float(edges[1] - edges[0])))
        found = self.counts(outputs, width * bins, where)
        return found if width == 1 else found.unflatten(-1, (bins, width)).sum(-1)

    def divergence(self, wanted: Tensor, found: Tensor, values: Tensor, where: Where = ANY) -> Tensor:
        """By the sum over all cells, which have the same tails; estimated from the values for a mixture."""
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

    def support(self, space: StateSpace) -> Counts:
        """The counts of this head, whatever the state space: `backbone.levels` may close their ranges."""
        return self.space

    @cached_property
    def _closed(self) -> Tensor | None:
        """(d, L) zero at the cells of each variable, −∞ beyond; None if all have L cells."""
        if all(self.tops[v] + 1 == self.levels for v in self._softmax):
            return None
        beyond = torch.arange(self.levels) > torch.tensor(self.tops).unsqueeze(-1)
        return torch.zeros(beyond.shape).masked_fill(beyond, -math.inf)

    def _of_tables(self, outputs: Tensor, values: Tensor, where: Where) -> Tensor:
        logits = self._bounded(outputs, where)
        cells = torch.minimum(values, self._each(self.tops, where, values)).clamp_min(0)
        found = functional.cross_entropy(logits.flatten(0, -2), cells.flatten().long(), reduction="none")
        return self._with_tail(-found.unflatten(0, values.shape), values, where)

    def _bounded(self, logits: Tensor, where: Where) -> Tensor:
        """Logits of the cells, −∞ beyond each variable's table and bounds."""
        if self._closed is not None:
            closed = self._closed.to(logits)
            rows = [v if len(self.tops) > 1 else 0 for v in where.variables]
            logits = logits + (closed[rows].unsqueeze(-2) if len(rows) > 1 else closed[rows[0]])
        if where.bounds is None:
            return logits
        low, high = (bound.unsqueeze(-1) for bound in where.bounds)
        cells = torch.arange(self.levels, device=logits.device)
        tops = self._each(self.tops, where, where.bounds[0]).unsqueeze(-1)
        logits = logits.masked_fill((cells < torch.minimum(low, tops)) | (cells > high), -math.inf)
        if self._is_open(where):
            inside = self._log_inside(where, where.bounds).unsqueeze(-1).to(logits)
            logits = torch.where((cells == tops) & (high >= tops), logits + inside, logits)
        return logits

    def _with_tail(self, found: Tensor, values: Tensor, where: Where) -> Tensor:
        """Log-probabilities of counts from those of their cells; −∞ beyond bounds."""
        over = values - self._each(self.tops, where, values)
        ratios = self._each(self.ratios, where, values.double())
        if self._is_open(where):
            log_ratios = ratios.clamp_min(_LEAST).log()
            tail = torch.log1p(-ratios) + over.clamp_min(0) * log_ratios
            tail = tail if where.bounds is None else tail - self._log_inside(where, where.bounds)
            found = found + torch.where((over >= 0) & (ratios > 0), tail, 0.0).to(found)
        impossible = (over > 0) & (ratios == 0) | (values < 0)
        if where.bounds is not None:
            impossible |= (values < where.bounds[0]) | (values > where.bounds[1])
        return found.masked_fill(impossible, -math.inf)

    def _log_inside(self, where: Where, bounds: tuple[Tensor, Tensor]) -> Tensor:
        """Logarithm of the share of the geometric tails within bounds."""
        least, number = self._tail(where, bounds)
        log_ratios = self._each(self.ratios, where, least.double()).clamp_min(_LEAST).log()
        return least * log_ratios + torch.log(-torch.expm1(number * log_ratios))

    def _tail(self, where: Where, bounds: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """The least possible distance from the last cell, and the number of possible counts from there on."""
        low, high = bounds
        tops = self._each(self.tops, where, low)
        return (low - tops).clamp_min(0), (high + 1 - torch.maximum(low, tops)).clamp_min(1)

    def _is_open(self, where: Where) -> bool:
        """Whether some of the variables has a tail."""
        return any(_own(self.ratios, v) for v in where.variables)

    def _each(self, numbers: Sequence[float], where: Where, like: Tensor) -> Tensor:
        """A number of each of the variables, in a shape that goes with values (…, n, N), or (…, N) of one."""
        own = torch.tensor([_own(numbers, v) for v in where.variables], dtype=like.dtype, device=like.device)
        return own[0] if len(own) == 1 else own.unsqueeze(-1)


def _own(numbers: Sequence[T], variable: int) -> T:
    """The number of a variable, of one for each or of one for all."""
    return numbers[variable if len(numbers) > 1 else 0]


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

    A count x is scaled to y = (asinh(x / s) − m) / w, almost linear below the scale s and logarithmic above. The middle
    m and the unit w, a quarter of the range, put the counts of the table at −2 … 2. All mass below ½ belongs to the
    count 0, all beyond the largest count to that one.

    Args:
        ranges: (d,) of the variables.
    """

    def __init__(self, ranges: Sequence[Range]):
        self.scales = [max(one.scale or one.top / 4, 1.0) for one in ranges]
        tops = [math.asinh(one.top / scale) for one, scale in zip(ranges, self.scales, strict=True)]
        self.middles = [top / 2 for top in tops]
        self.units = [top / 4 or 1.0 for top in tops]
        self.tops = [None if one.ratio else one.top for one in ranges]
        self.longest = [math.log1p(one.top) or 1.0 for one in ranges]
        self.starts = torch.linspace(-_OUTERMOST, _OUTERMOST, COMPONENTS)

    def scaled(self, counts: Tensor, variable: int) -> Tensor:
        """Scaled counts, float64."""
        scale, middle, unit = (_own(part, variable) for part in (self.scales, self.middles, self.units))
        return (torch.asinh(counts.double() / scale) - middle) / unit

    def code(self, values: Tensor, where: Where) -> Tensor:
        """(…, 2) an almost linear and a logarithmic function of counts."""
        rows = values.unbind(-2) if len(where.variables) > 1 else (values,)
        made = []
        for row, variable in zip(rows, where.variables, strict=True):
            logarithmic = torch.log1p(row.double()) / _own(self.longest, variable)
            made.append(torch.stack([self.scaled(row, variable), logarithmic], dim=-1))
        return torch.stack(made, dim=-3) if len(where.variables) > 1 else made[0]

    def log_prob(self, outputs: Tensor, values: Tensor, where: Where) -> Tensor:
        """Log-probabilities of counts."""
        mixture, bounds = self._mixture(outputs, where), self._bounds(where, values.device)
        found = (mixture.logits + _log_between(mixture, *self._ends(values, values, where))).logsumexp(-1)
        if bounds is None:
            return (found - mixture.logits.logsumexp(-1)).masked_fill(values < 0, -math.inf)
        every = (mixture.logits + _log_between(mixture, *self._ends(*bounds, where))).logsumexp(-1)
        return (found - every).masked_fill((values < bounds[0]) | (values > bounds[1]), -math.inf)

    def sample(self, outputs: Tensor, generator: torch.Generator, where: Where) -> Tensor:
        """A component by inversion, then a count from it."""
        mixture, bounds = self._mixture(outputs, where), self._bounds(where, outputs.device)
        logits, ends = mixture.logits, None
        if bounds is not None:
            ends = self._ends(*bounds, where)
            logits = logits + _log_between(mixture, *ends)
        cumulative = logits.softmax(-1).cumsum(-1)
        level = torch.rand(*outputs.shape[:-1], 1, generator=generator, device=outputs.device)
        chosen = (cumulative < level * cumulative[..., -1:]).sum(-1, keepdim=True)
        mean, width = (part.gather(-1, chosen).squeeze(-1).double() for part in (mixture.means, mixture.widths))
        share = torch.rand(mean.shape, generator=generator, device=outputs.device, dtype=torch.float64)
        away = torch.logit(share.clamp(_LEAST, 1 - 1e-15)) if ends is None else _truncated(share, mean, width, *ends)
        scale, middle, unit = (_own(part, where.variables[0]) for part in (self.scales, self.middles, self.units))
        counts = torch.sinh(((mean + width * away) * unit + middle).clamp_max(_BEYOND)) * scale
        counts = counts.round().clamp(0, MOST_COUNTS).long()
        return counts if bounds is None else torch.maximum(torch.minimum(counts, bounds[1]), bounds[0])

    def masses(self, outputs: Tensor, edges: Tensor, where: Where) -> Tensor:
        """Differences of the mixture's distribution function; no count is below 0, and the last bin has no end."""
        mixture, bounds = self._mixture(outputs, where), self._bounds(where, edges.device)
        ends = self.scaled(edges, where.variables[0])
        ends[0], ends[-1] = -math.inf, math.inf
        below = torch.sigmoid((ends.unsqueeze(-1) - mixture.means.unsqueeze(-2)) / mixture.widths.unsqueeze(-2))
        if bounds is not None:
            limits = [end.unsqueeze(-1) for end in self._ends(*bounds, where)]
            low, high = (torch.sigmoid((end - mixture.means) / mixture.widths).unsqueeze(-2) for end in limits)
            below = torch.minimum(torch.maximum(below, low), high)
        found = (below.diff(dim=-2) * mixture.logits.softmax(-1).double().unsqueeze(-2)).sum(-1)
        return (found / found.sum(-1, keepdim=True).clamp_min(_LEAST)).to(outputs)

    def _bounds(self, where: Where, device: torch.device) -> tuple[Tensor, Tensor] | None:
        """The bounds of the values, and of the variable's range; None if there are none."""
        if (most := _own(self.tops, where.variables[0])) is None:
            return where.bounds
        top = torch.tensor(most, device=device)
        if where.bounds is None:
            return torch.zeros_like(top), top
        return where.bounds[0], torch.minimum(where.bounds[1], top)

    def _ends(self, low: Tensor, high: Tensor, where: Where) -> tuple[Tensor, Tensor]:
        """Scaled ends of the counts from `low` to `high`, float64; infinite below 0 and beyond the largest count."""
        least = self.scaled(low.double() - 0.5, where.variables[0]).masked_fill(low <= 0, -math.inf)
        most = self.scaled(high.double() + 0.5, where.variables[0]).masked_fill(high >= MOST_COUNTS, math.inf)
        return least, most

    def _mixture(self, outputs: Tensor, where: Where) -> Logistics:
        logits, means, raw = outputs.chunk(3, dim=-1)
        scale, unit = (_own(part, where.variables[0]) for part in (self.scales, self.units))
        one = 1 / (scale * unit)  # a count near zero, scaled
        return Logistics(logits, means + self.starts.to(means), _NARROWEST * one + functional.softplus(raw))


def _truncated(share: Tensor, mean: Tensor, width: Tensor, least: Tensor, most: Tensor) -> Tensor:
    """Distances from the mean, in widths, of logistic variables between two ends, by inversion of shares (…).

    Where the least value is above the mean, the mirror image is drawn, whose distribution function does not round to 1.
    """
    low, high = (least - mean) / width, (most - mean) / width
    mirrored = low > 0
    first, last = torch.where(mirrored, -high, low), torch.where(mirrored, -low, high)
    below, above = torch.sigmoid(first), torch.sigmoid(last)
    drawn = torch.logit((below + share * (above - below)).clamp(_TINY, 1 - 1e-15))
    return torch.where(mirrored, -drawn, drawn)


def _log_between(mixture: Logistics, least: Tensor, most: Tensor) -> Tensor:
    """(…, M) log-probabilities between two ends (…), by σ(b) − σ(a) = σ(b) σ(−a) (1 − e^(a−b))."""
    from_zero, to_end = (torch.isinf(end).unsqueeze(-1) for end in (least, most))
    least, most = (end.masked_fill(torch.isinf(end), 0.0).unsqueeze(-1) for end in (least, most))
    means, widths = mixture.means.double(), mixture.widths.double()
    above = functional.logsigmoid(((means - least) / widths).to(mixture.means)).masked_fill(from_zero, 0.0)
    below = functional.logsigmoid(((most - means) / widths).to(mixture.means)).masked_fill(to_end, 0.0)
    length = ((most - least) / widths).to(mixture.means).masked_fill(from_zero | to_end, math.inf)
    return above + below + torch.log(-torch.expm1(-length.clamp(_SHORTEST, _LONGEST)))
