"""Populations are saved completely, with the reference network of their alignment."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from weightflow.errors import InputError
from weightflow.networks.layout import Place
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.population import (
    Population,
    read_population,
    read_sources,
    reference_of,
    write_networks,
    write_population,
    write_sources,
)


@pytest.fixture
def population(rng) -> Population:
    """Four networks at two epochs; the third is the best at the end, the second lies between the others."""
    checkpoints = rng.standard_normal((4, 2, 5)).astype(np.float32)
    checkpoints[:, 1] = np.array([-3, 0, 2, 4])[:, None]
    rows = [
        (network, epoch, loss, 0.5, 0.5)
        for epoch, losses in ((2, [1, 0, 3, 2]), (7, [3, 2, 1, 4]))
        for network, loss in enumerate(losses)
    ]
    curves = pd.DataFrame(rows, columns=["network", "epoch", "loss", "training", "validation"])
    recipes = [{"learning_rate": 0.1, "weight_decay": 0.0, "initialisation": "he"}] * 4
    return Population(checkpoints[:, 1], np.array([2, 7]), checkpoints, recipes, curves)


@pytest.mark.parametrize(("choice", "network"), [("best", 2), ("first", 0), ("central", 1), (3, 3)])
def test_the_network_that_others_are_aligned_to(population, choice, network):
    assert reference_of(population, choice) == network


def test_a_number_that_no_network_has_is_refused(population, refused):
    with refused("there are 4 networks, 0 … 3, no 4"):
        reference_of(population, 4)


def test_a_written_population_is_read_back_whole(population, tmp_path):
    write_population(tmp_path / "population", population, code="1")
    again = read_population(tmp_path / "population", population.curves)
    for field in dataclasses.fields(population):
        one, two = getattr(population, field.name), getattr(again, field.name)
        if isinstance(one, np.ndarray):
            assert one.dtype == two.dtype
            np.testing.assert_array_equal(one, two, err_msg=field.name)
        else:
            assert one is two or one == two
    assert read_population(tmp_path / "population").curves.empty


def test_what_is_known_of_loaded_networks_is_kept(population, tmp_path):
    loaded = dataclasses.replace(
        population,
        architecture=ArchitectureSettings(widths=(3,)),
        names=("a", "b", "c", "d"),
        places=(Place("0.weight", (2, 2), "0.bias", (("tied", "0.weight"),)),),
    )
    write_population(tmp_path / "population", loaded)
    again = read_population(tmp_path / "population")
    assert (again.architecture, again.names, again.places) == (loaded.architecture, loaded.names, loaded.places)


def test_a_damaged_population_is_refused_by_name(population, tmp_path):
    write_population(tmp_path / "population", population)
    (tmp_path / "population").write_bytes((tmp_path / "population").read_bytes()[:-9])
    with pytest.raises(InputError, match="population: the file is truncated"):
        read_population(tmp_path / "population")


def test_networks_of_sources_are_read_back_by_name(rng, tmp_path):
    sources = {
        name: rng.standard_normal((count, 5)).astype(np.float32)
        for name, count in (("structure, plain", 3), ("behaviour, bootstrapped", 4))
    }
    write_sources(tmp_path / "decoded", sources, code="1")
    again = read_sources(tmp_path / "decoded")
    assert set(again) == set(sources)
    for name, weights in sources.items():
        np.testing.assert_array_equal(again[name], weights)
        assert again[name].dtype == np.float32


@pytest.mark.parametrize("shape", [(5,), (2, 3, 4)])
def test_sources_that_are_no_networks_are_refused(refused, tmp_path, shape):
    write_sources(tmp_path / "decoded", {"plain": np.zeros(shape, np.float32)})
    with refused("decoded: a part of the file is missing or does not fit"):
        read_sources(tmp_path / "decoded")


def test_networks_without_a_source_are_not_of_sources(refused, tmp_path):
    write_networks(tmp_path / "networks", np.zeros((2, 3), np.float32))
    with refused("networks: "):
        read_sources(tmp_path / "networks")
