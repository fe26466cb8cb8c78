"""Every built-in system is of one of the kinds."""

import pytest

from weightflow.systems.builtin import BUILTIN, find_system
from weightflow.systems.reading import read_system
from weightflow.systems.system import System


@pytest.mark.parametrize("name", sorted(path.stem for path in BUILTIN.glob("*.yaml")))
def test_a_built_in_system_is_of_a_kind(name):
    assert isinstance(read_system(find_system(name)), System)
