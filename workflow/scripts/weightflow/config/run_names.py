"""Names of all that predicts a data set: baselines, flows, interpolations, floors; every other run is a model."""

BASELINES = (
    "previous",
    "mixture",
    "mixture_kernel",
    "displacement",
    "displacement_kernel",
    "transport_spline",
    "transport_kernel",
    "quantiles",
)
FLOWS = ("ot_cfm",)  # baselines too, with a network of their own
INTERPOLATIONS = ("weights_linear", "weights_spline")  # baselines too, between the anchors of a model
BOOTSTRAP, INDEPENDENT = FLOORS = ("floor_bootstrap", "floor_independent")
SPLIT_HALF = "floor_split_half"  # of left-out snapshots; it is no run, and stands beside runs in tables


def is_floor(name: str) -> bool:
    """Whether a run shows how far the truth is from itself, rather than predicts."""
    return name in (*FLOORS, SPLIT_HALF)


def is_model(name: str) -> bool:
    """Whether a run is a model of the configuration, not a baseline or a floor."""
    return name not in (*BASELINES, *FLOWS, *INTERPOLATIONS) and not is_floor(name)
