"""Errors of scripts about one population name it."""

from types import SimpleNamespace

import pytest

from weightflow.errors import DivergenceError, InputError
from weightflow.jobs.population import of_population

SNAKEMAKE = SimpleNamespace(wildcards=SimpleNamespace(population="mine"))


@pytest.mark.parametrize("kind", [InputError, DivergenceError])
@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("networks.module: wrong.", "populations.mine.networks.module: wrong."),
        ("networks: 9 are many.", "populations.mine.networks: 9 are many."),
        ("architecture: has no heads.", "populations.mine.architecture: has no heads."),
        ("populations: all are the same.", "populations.mine: all are the same."),
        ("it diverged; lower populations.*.flow.steps.", "it diverged; lower populations.mine.flow.steps."),
        ("networks of others are bad.", "networks of others are bad."),
        ("a.pt: is damaged.", "a.pt: is damaged."),
    ],
)
def test_an_error_names_the_population(kind, said, told):
    @of_population
    def main(snakemake):
        raise kind(said)

    with pytest.raises(kind) as error:
        main(SNAKEMAKE)
    assert str(error.value) == told


def test_other_errors_and_results_stay():
    found = []
    of_population(found.append)(SNAKEMAKE)
    assert found == [SNAKEMAKE]
    with pytest.raises(ZeroDivisionError):
        of_population(lambda _: 1 / 0)(SNAKEMAKE)
