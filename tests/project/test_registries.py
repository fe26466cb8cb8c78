"""Every list of names in the library is the list that the configuration allows."""

import pytest

from weightflow.anchors.training import STRATEGIES
from weightflow.baselines.registry import BASELINES, FLOORS
from weightflow.config.consistency import SEPARATE_ALIGNMENTS
from weightflow.dynamics.graph_network import MIXERS
from weightflow.dynamics.latent_path import METHODS
from weightflow.dynamics.validation_choice import SEARCHES
from weightflow.networks.backbones import BACKBONES
from weightflow.plots import style
from weightflow.populations.architectures.activations import ACTIVATIONS
from weightflow.populations.architectures.classifiers import CLASSIFIERS
from weightflow.populations.initialisation import SCHEMES
from weightflow.populations.population import REFERENCES
from weightflow.prediction.exports import FORMATS
from weightflow.schema import read_schema
from weightflow.teaching.choice import candidates
from weightflow.teaching.teachers import MEMBERS

POPULATION = ["$defs", "population", "properties"]


@pytest.mark.parametrize(
    ("names", "path"),
    [
        (BACKBONES, ["$defs", "model", "properties", "backbone", "properties", "kind"]),
        (STRATEGIES, ["$defs", "model", "properties", "anchors", "properties", "alignment"]),
        (METHODS, ["$defs", "model", "properties", "path", "properties", "method"]),
        (MEMBERS, ["$defs", "model", "properties", "teacher", "properties", "members", "items"]),
        (MIXERS, ["$defs", "model", "properties", "dynamics", "properties", "mixer"]),
        (SEARCHES, ["$defs", "model", "properties", "selection", "properties", "search"]),
        (BASELINES, ["properties", "baselines", "items"]),
        (CLASSIFIERS, [*POPULATION, "architecture", "properties", "kind"]),
        (ACTIVATIONS, [*POPULATION, "architecture", "properties", "activation"]),
        (SCHEMES, [*POPULATION, "training", "properties", "initialisations", "items"]),
        (REFERENCES, [*POPULATION, "alignment", "properties", "reference"]),
    ],
    ids=[
        *("backbones", "alignments", "path methods", "teachers", "mixers", "searches", "baselines"),
        *("architectures", "activations", "initialisations", "references"),
    ],
)
def test_names_are_those_of_the_schema(root, names, path):
    node = read_schema(root / "workflow" / "schemas" / "config.schema.yaml")
    for key in path:
        node = node[key]
    assert sorted(names) == sorted(node["enum"])


def test_every_baseline_and_floor_has_a_line_of_its_own():
    drawn = style.lines([*BASELINES, *FLOORS])
    looks = [(line.color, line.linestyle, line.marker) for line in drawn.values()]
    assert len({line.label for line in drawn.values()}) == len(set(looks)) == len(drawn)


def test_every_teacher_is_tried_for_counts_or_for_real_values():
    tried = [candidates(None, [0.5], [0.5], [0.0], discrete) for discrete in (True, False)]
    assert {teacher.member for part in tried for teacher in part} == set(MEMBERS)


def test_predictions_have_the_formats_of_the_schema(root):
    node = read_schema(root / "workflow" / "schemas" / "config.schema.yaml")["properties"]["prediction"]["properties"]
    assert sorted(node["format"]["enum"]) == sorted(FORMATS)


def test_alignments_with_separate_jobs_are_alignments():
    assert set(SEPARATE_ALIGNMENTS) <= set(STRATEGIES)
