"""What goes on past the last observed snapshot, and what has to end there.

Light, because every job reads the configuration.
"""

from collections.abc import Iterable, Mapping

from weightflow.config.settings import ModelSettings
from weightflow.data.settings import DatasetSettings

REACHING = ("previous", "quantiles", "displacement", "displacement_kernel")  # baselines that go on
STANDARD = (
    "previous",
    "mixture",
    "mixture_kernel",
    "displacement",
    "transport_spline",
    "transport_kernel",
    "weights_linear",
    "weights_spline",
)
STANDARD_PAST = ("previous", "quantiles", "displacement")


def standard_baselines(datasets: Mapping[str, DatasetSettings]) -> list[str]:
    """The baselines of a config that names none: those that go on, where one of its data sets holds times back."""
    past = any(settings.hold_back for settings in datasets.values())
    return list(STANDARD_PAST if past else STANDARD)


def ends(model: ModelSettings) -> bool:
    """Whether a model ends at the last snapshot: a CDE does, unless its settings say how its path goes on."""
    return model.dynamics.kind == "cde" and model.continuation.path is None


def ending(baselines: Iterable[str]) -> list[str]:
    """Those of some baselines that do not reach past the last snapshot."""
    return [name for name in baselines if name not in REACHING]
