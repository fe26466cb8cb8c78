"""Interchangeable hidden units of loaded networks: as a user describes them, and aligned with the moments of norms."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from weightflow.errors import InputError, unknown
from weightflow.networks.alignment import align_to
from weightflow.networks.layout import HiddenUnits, LinearMap, Slots
from weightflow.populations.architectures.classifiers import Classifier
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.settings import LoadedSettings, UnitSettings

_COMPARED, _SEEN = 3, 32  # networks and inputs whose outputs are compared before and after an alignment
_ROUNDING = 1e-3  # of single precision, over many layers


def symmetries_of(classifier: Classifier, settings: LoadedSettings, heads: str = "matched") -> tuple[HiddenUnits, ...]:
    """The interchangeable hidden units of networks: as a user describes them, else those of the classifier.

    Args:
        classifier: of the networks.
        settings: with `units`, as a user describes them.
        heads: matched, or shared for one order of the units inside each head.
    """
    if settings.units is not None:
        return described_units(settings.units, classifier.layers)
    return with_shared_inner(classifier.symmetries) if heads == "shared" else classifier.symmetries


def with_shared_inner(symmetries: Sequence[HiddenUnits]) -> tuple[HiddenUnits, ...]:
    """Groups in which all units inside a unit, such as a head, have one order: a subset of the symmetries.

    Queries, keys and values of a head then share one permutation, without signs, as in TransFusion (Rinaldi et al.
    2025).

    Args:
        symmetries: groups; those inside a unit have equal numbers of units.
    """
    return tuple(
        replace(
            group,
            inner=tuple(
                (
                    HiddenUnits(
                        within[0].count,
                        tuple(replace(slots, flips=False) for own in within for slots in own.slots),
                    ),
                )
                for within in group.inner
            ),
        )
        for group in symmetries
    )


def described_units(units: Sequence[UnitSettings], layers: Sequence[LinearMap]) -> tuple[HiddenUnits, ...]:
    """Groups of interchangeable hidden units as a user describes them.

    Args:
        units: of each group, the maps that write the units and those that read them.
        layers: the networks' linear maps.

    Raises:
        InputError: a map is unknown, or its rows or inputs are no multiple of the number of units.
    """
    known, found = {layer.name: layer for layer in layers}, []
    for group in units:
        if missing := [name for name in (*group.rows, *group.columns) if name not in known]:
            raise InputError(f"networks.units: {unknown('map', missing[0], known)}")
        count, slots = known[group.rows[0]].neurons, []
        for side, names in (("rows", group.rows), ("columns", group.columns)):
            for name in names:
                size = known[name].neurons if side == "rows" else known[name].inputs
                if size % count:
                    raise InputError(
                        f"networks.units: {name} has {size} {side if side == 'rows' else 'inputs'}, which {count} "
                        f"units, the rows of {group.rows[0]}, do not divide."
                    )
                slots.append(Slots(name, side, 0, group.odd, size // count))
        found.append(HiddenUnits(count, tuple(slots)))
    return tuple(found)


def check_same_outputs(classifier: Classifier, weights: np.ndarray, aligned: np.ndarray, inputs: np.ndarray) -> None:
    """Refuse an alignment that changes the functions: its units were described wrongly.

    Args:
        classifier: of the networks.
        weights: (N, P) before.
        aligned: (N, P) after; the first few that moved are compared.
        inputs: (n, …), of which the first few are enough.

    Raises:
        InputError: outputs differ by more than rounding.
    """
    moved = np.flatnonzero((weights != aligned).any(1))[:_COMPARED]
    if not len(moved):
        return
    given = torch.as_tensor(inputs[:_SEEN], dtype=torch.float32)
    with torch.no_grad():
        before, after = (
            classifier.logits(torch.as_tensor(own[moved], dtype=torch.float32), given, BatchNorms())
            for own in (weights, aligned)
        )
    if (before - after).abs().max() > _ROUNDING * before.abs().max():
        raise InputError(
            "networks.units: with the units in another order the networks have other outputs; name all maps that write "
            "a group's units (rows, norms included) and all that read them (columns)."
        )


def align_with_moments(
    classifier: Classifier,
    symmetries: Sequence[HiddenUnits],
    weights: np.ndarray,
    moments: np.ndarray,
    reference: np.ndarray,
    sweeps: int | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Aligned networks (N, P) and the moments (N, Q) of their batch norms, which move with their channels.

    The moments have no part in the choice of the order.

    Args:
        classifier: of the networks.
        symmetries: groups of interchangeable units.
        weights: (N, P).
        moments: (N, Q) as `measure_norms` gives them.
        reference: (P,) of the network to which the others are aligned.
        sweeps: as for `align_to`.
    """
    kept = [LinearMap(f"moments of {name}", channels, 2, bias=False) for name, channels in classifier.norms.items()]
    with_moments = [
        replace(
            group,
            slots=(
                *group.slots,
                *(
                    Slots(f"moments of {own.layer}", "rows", own.start, False, own.block)
                    for own in group.slots
                    if own.layer in classifier.norms
                ),
            ),
        )
        for group in symmetries
    ]
    parts = [moments[:, start : start + 2 * own.neurons] for own, start in _starts(kept)]
    rows = [part.reshape(len(part), 2, -1).swapaxes(1, 2).reshape(len(part), -1) for part in parts]  # by channel
    goal = np.concatenate([reference, np.zeros(moments.shape[1], dtype=weights.dtype)])
    whole = align_to(
        (*classifier.layers, *kept), with_moments, np.concatenate([weights, *rows], axis=1), goal, sweeps
    ).astype(np.float32)
    own, rest = np.split(whole, [weights.shape[1]], axis=1)
    moved = [rest[:, start : start + 2 * norm.neurons] for norm, start in _starts(kept)]
    back = [part.reshape(len(part), -1, 2).swapaxes(1, 2).reshape(len(part), -1) for part in moved]
    return own, np.concatenate(back, axis=1)


def _starts(maps: Sequence[LinearMap]) -> list[tuple[LinearMap, int]]:
    """Each map with its place in the moments."""
    return list(zip(maps, np.cumsum([0, *(2 * own.neurons for own in maps)])[:-1].tolist(), strict=True))
