"""Memory that a process keeps: asked for where the C library is glibc, and nowhere else."""

import ctypes

import pytest

from weightflow.allocation import keep_freed_memory


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
