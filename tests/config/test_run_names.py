"""Which runs are models, and which are floors."""

import subprocess
import sys

import pytest

from weightflow.config.run_names import BASELINES, FLOORS, INTERPOLATIONS, is_floor, is_model


@pytest.mark.parametrize("name", [*BASELINES, *INTERPOLATIONS, *FLOORS])
def test_baselines_and_floors_are_no_models(name):
    assert not is_model(name)
    assert is_floor(name) == (name in FLOORS)


@pytest.mark.parametrize("name", ["weightflow", "weights_path", "floor_of_mine", "alignment-pooled"])
def test_every_other_run_is_a_model(name):
    assert is_model(name)
    assert not is_floor(name)


def test_names_need_neither_figures_nor_networks(root):
    asked = "import sys; import weightflow.config.run_names; print({'torch', 'matplotlib', 'numpy'} & set(sys.modules))"
    scripts = root / "workflow" / "scripts"
    found = subprocess.run([sys.executable, "-c", asked], cwd=scripts, capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
