"""Modules are built by functions of users' files, and take the users' examples."""

import sys

import numpy as np
import pytest
from torch import nn

from tests.populations.test_loading import ARCHITECTURE, mlp
from weightflow.populations.user_modules import check_outputs, classifier_of, module_from


def test_a_module_may_import_what_lies_beside_it(tmp_path):
    (tmp_path / "parts.py").write_text("from torch import nn\n\n\nclass Base(nn.Linear):\n    pass\n")
    (tmp_path / "nets.py").write_text("from parts import Base\n\n\ndef build():\n    return Base(2, 3)\n")
    before = list(sys.path)
    assert isinstance(module_from(f"{tmp_path / 'nets.py'}:build"), nn.Linear)
    assert sys.path == before


@pytest.mark.parametrize(
    ("shape", "classes", "said"),
    [
        ((6,), 4, r"outputs of shape \(3,\), and the examples 4 labels"),
        ((7,), 3, r"do not take inputs of shape \(7,\)"),
    ],
)
def test_examples_that_are_not_the_networks_own_are_refused(shape, classes, said, refused):
    classifier = classifier_of(mlp(6, 5, 3), ARCHITECTURE, (6,), 3)
    weights = np.zeros((2, classifier.layout.size), dtype=np.float32)
    inputs = np.ones((4, *shape), dtype=np.float32)
    check_outputs(classifier, weights, np.ones((4, 6), dtype=np.float32), 3)
    with refused(said):
        check_outputs(classifier, weights, inputs, classes)


@pytest.mark.parametrize(
    ("code", "function", "said"),
    [
        ("def build():\n    return 3\n", "build", "gives a int and no torch.nn.Module"),
        ("def build():\n    raise ValueError('no')\n", "build", r"raises ValueError \(no\)"),
        ("def built():\n    return 3\n", "build", "unknown function 'build'; did you mean 'built'"),
        ("", "", "write FILE.py:FUNCTION"),
    ],
)
def test_a_file_that_builds_no_module_is_refused(tmp_path, refused, code, function, said):
    (tmp_path / "nets.py").write_text(code)
    with refused(said):
        module_from(f"{tmp_path / 'nets.py'}:{function}" if function else "nets")


def test_a_module_is_built_by_its_function(tmp_path):
    (tmp_path / "nets.py").write_text("from torch import nn\n\n\ndef build():\n    return nn.Linear(2, 3)\n")
    assert isinstance(module_from(f"{tmp_path / 'nets.py'}:build"), nn.Linear)
