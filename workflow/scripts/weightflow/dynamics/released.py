"""Fields and latent paths of the code that was released with the paper, from its file `phi.pth`."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from weightflow.dynamics.equations import Field
from weightflow.dynamics.graph_network import GraphNetwork
from weightflow.dynamics.latent_path import spline
from weightflow.errors import InputError
from weightflow.networks.released_files import columns_of_release, name_of_release
from weightflow.networks.released_names import FIELD
from weightflow.networks.tensor_files import load

_PATH = ("_t", "_a", "_b", "_two_c", "_three_d")  # of a cubic spline by torchcde
_CLOSE = 1e-3  # coefficients of a spline in float32


def read_path_of_release(folder: str | Path, count: int) -> np.ndarray:
    """(K, z_dim) coordinates of the released latent path.

    Args:
        folder: of phi.pth.
        count: K, number of observed snapshots.

    Raises:
        InputError: the file is missing or damaged, or its path is no natural cubic spline through K even knots.
    """
    file, tensors = Path(folder) / FIELD, _tensors(folder)
    parts = {name: tensors.get(f"path.{name}") for name in _PATH}
    if any(part is None for part in parts.values()):
        raise InputError(f"{file}: has no latent path; it is the file of an ODE, so set dynamics.kind: ode.")
    times, first, slope, bend, last = (parts[name].double() for name in _PATH)  # type: ignore[union-attr]
    if len(times) != count:
        raise InputError(f"{file}: its path has {len(times)} knots, and {count} snapshots are observed.")
    step = (times[1:] - times[:-1])[-1]
    end = first[-1] + (slope[-1] + (bend[-1] / 2 + last[-1] * step / 3) * step) * step
    knots = torch.cat([first, end[None]])
    natural = spline(knots, times)
    evenly = torch.allclose(times, torch.linspace(0, 1, count, dtype=times.dtype), atol=1e-6)
    if not evenly or not torch.allclose(natural.derivative(times[:-1]), slope, atol=_CLOSE * float(slope.abs().max())):
        raise InputError(f"{file}: its path is no natural cubic spline with evenly spaced knots from 0 to 1.")
    return knots.numpy()


def load_field_of_release(folder: str | Path, field: Field) -> None:
    """Give a field the released parameters.

    Args:
        folder: of phi.pth.
        field: of the preset `published`; the file tells neither the attention heads nor the span.

    Raises:
        InputError: the file is missing or damaged, or belongs to another network.
    """
    file, given = Path(folder) / FIELD, dict(_tensors(folder))
    network = field.network
    driven = any(name.startswith("path.") for name in given)
    if driven != (network.settings.kind == "cde"):
        kind = "cde" if driven else "ode"
        raise InputError(f"{file}: holds the field of {'a CDE' if driven else 'an ODE'}; set dynamics.kind: {kind}.")
    found = {name: value for name, value in given.items() if not name.startswith("path.")}
    own = dict(network.named_parameters())
    renamed = {}
    for name, value in _renamed(found, network).items():
        if name not in own or own[name].shape != value.shape:
            raise InputError(
                f"{file}: holds a network of other sizes than this field's ({name}); set backbone, dynamics and "
                "path.z_dim to those of the file."
            )
        renamed[name] = value
    if missing := sorted(set(own) - set(renamed)):
        raise InputError(f"{file}: has no {missing[0]}; it is no field of the released code, or one of other sizes.")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(renamed[name])


def _renamed(given: Mapping[str, Tensor], network: GraphNetwork) -> dict[str, Tensor]:
    """Tensors under the names of this project's network, with inputs and outputs in its order."""
    gates, channels = network.layers, network.channels
    named = {name_of_release(gate): gate for gate in gates}
    found = {}
    for name, value in given.items():
        part, _, rest = name.partition(".")
        if part == "attention_layers":
            found[f"mixer.{rest}"] = value
            continue
        gate, _, rest = rest.partition(".")
        if part not in ("input_mlps", "output_mlps") or gate not in named:
            found[name] = value
            continue
        place, columns = list(named).index(gate), columns_of_release(named[gate])
        module, kind = rest.split(".")
        own = {"0": "0", "3": "2"}.get(module, module)
        if part == "input_mlps" and own == "0" and kind == "weight" and value.shape[-1] == len(columns):
            value = value[:, columns]
        if part == "output_mlps" and own == "2" and value.shape[0] == len(columns) * channels:
            value = value.unflatten(0, (len(columns), channels))[columns].flatten(0, 1)
        found[f"{'into' if part == 'input_mlps' else 'out_of'}.{place}.{own}.{kind}"] = value
    return found


def _tensors(folder: str | Path) -> Mapping[str, Tensor]:
    held = load(Path(folder) / FIELD)
    if isinstance(held, Tensor):
        raise InputError(f"{Path(folder) / FIELD}: holds one tensor, and no state dict; name another folder.")
    return held
