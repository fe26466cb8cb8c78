"""Invalid settings of bands are refused in one sentence with file and key."""

import pytest

from weightflow.config.band_checks import check_bands

DATASETS = {"d": {"system": "epidemic"}, "cells": {"file": "cells.h5ad", "kind": "continuous"}}


@pytest.fixture
def check(complete):
    def run(bands: dict, models: dict | None = None) -> None:
        config = {"datasets": DATASETS, "bands": bands} | ({} if models is None else {"models": models})
        check_bands(complete(config), "my.yaml")

    return run


def test_the_name_of_a_data_set_alone_is_enough(check):
    check({"d": {}})


CASES = {
    "unknown data set": ({"e": {}}, None, "e: unknown data set 'e'"),
    "real values": ({"cells": {}}, None, "cells: bands are about the probabilities of counts"),
    "no model": ({"d": {}}, {}, "d: there is no model"),
    "unknown model": ({"d": {"model": "cdx"}}, {"cde": {}}, "d.model: unknown model 'cdx'; did you mean 'cde'"),
    "several widths": ({"d": {}}, {"m": {"backbone": {"hidden": [4, 8]}}}, r"d.model: .* \(backbone.hidden is a list"),
    "several ranges": (
        {"d": {}},
        {"m": {"backbone": {"softmax_up_to": [64, 256]}}},
        r"d.model: model m chooses its backbone \(backbone.softmax_up_to is a list",
    ),
    "no common start": ({"d": {}}, {"m": {"anchors": {"alignment": "joint"}}}, "d.model: the anchors .*: joint"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_refused(check, refused, case):
    bands, models, sentence = CASES[case]
    with refused(f"^my.yaml: bands.{sentence}"):
        check(bands, models)
