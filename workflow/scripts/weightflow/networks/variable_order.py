"""Order of the variables in an autoregressive density, from the config's `backbone` section."""

from collections.abc import Sequence

from weightflow import seeding
from weightflow.errors import InputError
from weightflow.networks.settings import BackboneSettings


def variable_order(settings: BackboneSettings, variables: Sequence[str], where: str) -> tuple[int, ...]:
    """Indices of the variables, in the order in which they are drawn.

    Args:
        settings: `order`, which is sequential, random or a list of names, and `order_seed`.
        variables: d names, in the data's order.
        where: the key, for messages.

    Raises:
        InputError: a list does not name every variable once.
    """
    order = settings.order
    if order == "sequential":
        return tuple(range(len(variables)))
    if order == "random":
        return tuple(seeding.stream(settings.order_seed, "order").permutation(len(variables)).tolist())
    if sorted(order) != sorted(variables):
        raise InputError(
            f"{where}: {', '.join(order)} is not an order of the variables {', '.join(variables)}; "
            "name each of them once."
        )
    places = {name: i for i, name in enumerate(variables)}
    return tuple(places[name] for name in order)
