"""The annotations of the library, checked by mypy with the settings of pyproject.toml."""

import os
import subprocess
import sys

import pytest


@pytest.mark.slow
def test_the_library_is_typed(root):
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--cache-dir", os.devnull],
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
