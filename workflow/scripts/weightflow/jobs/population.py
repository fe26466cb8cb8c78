"""Scripts about one population: their errors name it."""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any

from weightflow.errors import DivergenceError, InputError

_SECTIONS = re.compile(r"(networks|architecture)\b[.:]")  # as sentences of the room `populations` begin


def of_population(main: Callable[[Any], None]) -> Callable[[Any], None]:
    """A script's `main` whose errors name the population of its wildcards."""

    @wraps(main)
    def named(snakemake: Any) -> None:
        try:
            main(snakemake)
        except (InputError, DivergenceError) as fault:
            raise type(fault)(with_name(str(fault), snakemake.wildcards.population)) from fault

    return named


def with_name(sentence: str, name: str) -> str:
    """A sentence about a population with the population's name in the place of `*`, or at its beginning."""
    if _SECTIONS.match(sentence):
        return f"populations.{name}.{sentence}"
    if sentence.startswith("populations: "):
        return sentence.replace("populations: ", f"populations.{name}: ", 1)
    return sentence.replace("populations.*", f"populations.{name}")
