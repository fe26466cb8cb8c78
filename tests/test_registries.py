"""Every list of names in the library is the list that the configuration allows."""

import pytest

from weightflow.anchors import STRATEGIES
from weightflow.backbones import BACKBONES
from weightflow.baselines import BASELINES
from weightflow.latent_path import METHODS
from weightflow.readers import READERS
from weightflow.schema import read_schema
from weightflow.settings import FILE_SUFFIXES, SEPARATE_ALIGNMENTS
from weightflow.teacher import MEMBERS

INTERPOLATIONS = ["weights_linear", "weights_spline"]


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (BACKBONES, ["$defs", "model", "properties", "backbone", "properties", "kind"]),
        (STRATEGIES, ["$defs", "model", "properties", "anchors", "properties", "alignment"]),
        (METHODS, ["$defs", "model", "properties", "path", "properties", "method"]),
        (MEMBERS, ["$defs", "model", "properties", "teacher", "properties", "members", "items"]),
        ([*BASELINES, *INTERPOLATIONS], ["properties", "baselines", "items"]),
    ],
    ids=["backbones", "alignments", "path methods", "teachers", "baselines"],
)
def test_names_are_those_of_the_schema(root, names, path):
    node = read_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    for key in path:
        node = node[key]
    assert sorted(names) == sorted(node["enum"])


def test_every_readable_suffix_passes_the_config():
    assert sorted(READERS) == sorted(FILE_SUFFIXES)


def test_alignments_with_separate_jobs_are_alignments():
    assert set(SEPARATE_ALIGNMENTS) <= set(STRATEGIES)
