"""Limits on the memory of a data set."""

import pytest

from weightflow import limits, machine


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """A machine of 800 bytes, half of which a data set may take."""
    monkeypatch.setattr(machine, "memory", lambda: 800)


def test_half_of_the_memory_may_be_taken(refused):
    assert limits.most_bytes() == 400
    limits.check_bytes(400, "data.npy")
    with refused(r"data\.npy would take .* GiB of memory, and .* GiB is the most on this machine"):
        limits.check_bytes(401, "data.npy")


def test_an_array_takes_its_elements_times_their_bytes(refused):
    limits.check_array((10, 5), 8, "data.npy: the array")
    with refused(r"the array, of shape \(10, 6\), would take"):
        limits.check_array((10, 6), 8, "data.npy: the array")


def test_elements_without_bytes_are_counted(refused):
    with refused("would take"):
        limits.check_array((2**40, 2**40), 0, "data.npy: the array")


@pytest.mark.parametrize(("times", "variables", "said"), [(10**6 + 1, 1, "times"), (1, 10**6 + 1, "variables")])
def test_more_than_anyone_has_is_refused(refused, times, variables, said):
    limits.check_numbers(10**6, 10**6, "data.npy")
    with refused(f"holds 1000001 {said}, and 1000000 is the most"):
        limits.check_numbers(times, variables, "data.npy")
