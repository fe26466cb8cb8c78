"""The largest dimension of a latent path."""

from weightflow.errors import InputError


def check_dimension(z_dim: int, snapshots: int, where: str) -> None:
    """Refuse more latent dimensions than the anchors can span."""
    if z_dim > snapshots - 1:
        raise InputError(
            f"{where} is {z_dim}, and {snapshots} snapshots span at most {snapshots - 1} dimensions; "
            f"set it to {snapshots - 1} or less."
        )
