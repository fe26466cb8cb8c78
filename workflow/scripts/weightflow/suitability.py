"""Whether models suit a data set: what only the data can tell, asked before anything is trained."""

from collections.abc import Iterable, Mapping
from typing import Any

from weightflow.errors import InputError
from weightflow.snapshots import Snapshots
from weightflow.variable_order import variable_order


def check_models(data: Snapshots, models: Mapping[str, Any], baselines: Iterable[str], where: str) -> None:
    """Refuse models that would fail on this data set after hours of training.

    Args:
        data: the data set.
        models: settings by name.
        baselines: their names.
        where: the data set, for messages.

    Raises:
        InputError: naming the model, the fault and the fix.
    """
    for name, settings in models.items():
        variable_order(settings["backbone"], data.variables, f"{where}: models.{name}.backbone.order")
    driven = [name for name, settings in models.items() if settings["dynamics"]["kind"] == "cde"]
    for name in driven:
        check_dimension(models[name]["path"]["z_dim"], len(data.observed), f"{where}: models.{name}.path.z_dim")
    ending = [*driven, *(name for name in baselines if name.startswith("weights_"))]
    last, observed = data.times[-1], data.observed_times[-1]
    if ending and last > observed:
        raise InputError(
            f"{where}: the last time is {last:g}, the last observed one {observed:g}, where {', '.join(ending)} "
            "must end; choose an observe_every that observes the last time."
        )


def check_dimension(z_dim: int, snapshots: int, where: str) -> None:
    """Refuse more latent dimensions than the anchors can span."""
    if z_dim > snapshots - 1:
        raise InputError(
            f"{where} is {z_dim}, and {snapshots} snapshots span at most {snapshots - 1} dimensions; "
            f"set it to {snapshots - 1} or less."
        )
