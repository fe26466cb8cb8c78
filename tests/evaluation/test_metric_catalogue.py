"""Which metrics are shown, in which order, and which of them judge."""

import pytest

from weightflow.evaluation.metric_catalogue import CATALOGUE, compared, judge, ordered, panels

EVERY = list(CATALOGUE)


def test_every_metric_is_explained_and_what_replaces_it_is_another_one():
    for name, metric in CATALOGUE.items():
        assert metric.meaning.endswith(".")
        assert metric.instead is None or metric.instead in set(CATALOGUE) - {name}


def test_metrics_come_in_the_order_of_the_tables_and_unknown_ones_last():
    assert ordered(reversed(EVERY), True) + ordered(["own", *reversed(EVERY)], False) == [*EVERY, "own"]
    assert ordered([], True) == []


def test_the_exact_law_takes_the_place_of_samples():
    wanted = ("w_marginal", "w_marginal_exact")
    assert panels(wanted, wanted) == ["w_marginal_exact"]
    assert panels(wanted, ["w_marginal"]) == ["w_marginal"]


@pytest.mark.parametrize(
    ("there", "law_of_all", "judging"),
    [
        (EVERY, True, "kl_exact"),
        (EVERY, False, "nll"),
        (["nll", "mmd"], True, "nll"),
        (["kl_exact"], False, None),
        ([], True, None),
    ],
)
def test_the_exact_divergence_judges_where_the_law_is_that_of_all_variables(there, law_of_all, judging):
    assert judge(there, law_of_all) == judging


def test_of_those_that_judge_one_is_compared_if_it_can_judge():
    wanted = ("kl_exact", "nll", "mmd")
    assert compared(wanted, EVERY, True) == ["kl_exact", "mmd"]
    assert compared(wanted, EVERY, False) == ["nll", "mmd"]
    assert compared(wanted, ["kl_exact", "mmd"], False) == ["kl_exact", "mmd"]
