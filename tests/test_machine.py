"""What jobs share: processors, memory and cards."""

import os

import pytest

from weightflow.machine import cores_per_job, has_card, memory, processors


def test_processors_are_those_this_process_may_use():
    assert 1 <= processors() <= os.cpu_count()


@pytest.mark.parametrize(
    ("names", "there"),
    [(["nvidia0"], True), (["dxg"], True), (["kfd"], True), (["nvidiactl", "nvidia-uvm"], False), ([], False)],
)
def test_a_card_is_told_by_its_device_file(tmp_path, names, there):
    for name in names:
        (tmp_path / name).touch()
    assert has_card(tmp_path) is there


@pytest.mark.parametrize(("cores", "own", "each"), [(8, 2, 4), (8, 8, 1), (8, 3, 2), (2, 8, 1), (None, 4, 1)])
def test_about_as_many_jobs_run_as_there_are_processors(cores, own, each):
    assert cores_per_job(cores, own) == each


def test_memory_is_the_machines_or_less_where_a_container_has_less(tmp_path):
    whole = memory(tmp_path / "none")
    assert whole >= 2**28
    for said, found in (("1048576", 2**20), ("max", whole), (str(2**60), whole)):
        (tmp_path / "memory.max").write_text(f"{said}\n")
        assert memory(tmp_path / "memory.max") == found
