"""Memory that a process keeps, where the C library is glibc, and its threads."""

import ctypes

import numpy as np
import pytest
from threadpoolctl import threadpool_info

from weightflow.process import keep_freed_memory, one_thread


def test_glibc_takes_every_setting(monkeypatch):
    answers = []

    class Library:
        @staticmethod
        def mallopt(name, value):
            answers.append(plain(name, value))

    try:
        plain = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        pytest.skip("the C library here is not glibc")
    monkeypatch.setattr(ctypes, "CDLL", lambda name: Library)
    keep_freed_memory()
    assert answers == [1, 1, 1]


def test_other_libraries_are_left_alone(monkeypatch):
    def missing(name):
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    keep_freed_memory()


def test_linear_algebra_takes_one_thread(monkeypatch):
    for library in ("OMP", "OPENBLAS", "MKL"):
        monkeypatch.setenv(f"{library}_NUM_THREADS", "4")
    np.linalg.inv(np.eye(2))
    with one_thread():
        assert {pool["num_threads"] for pool in threadpool_info()} == {1}
