"""Scripts write to their log, and end with one sentence when something is wrong."""

from types import SimpleNamespace

import pytest

from weightflow.errors import DivergenceError, InputError
from weightflow.job import run


@pytest.fixture
def snakemake(tmp_path):
    return SimpleNamespace(log=[str(tmp_path / "logs" / "rule.log")], rule="some_rule", resources={})


def test_printed_text_goes_to_the_log(snakemake, tmp_path):
    run(lambda _: print("hello"), snakemake)
    assert "hello" in (tmp_path / "logs" / "rule.log").read_text()


@pytest.mark.parametrize("fault", [InputError("the file is bad; mend it."), DivergenceError("diverged; lower it.")])
def test_an_expected_fault_ends_with_its_sentence(snakemake, tmp_path, fault):
    def main(_):
        raise fault

    with pytest.raises(SystemExit) as ended:
        run(main, snakemake)
    assert str(ended.value) == f"\nError: {fault}"
    assert "Traceback" not in (tmp_path / "logs" / "rule.log").read_text()


def test_an_unexpected_fault_names_the_log_with_its_traceback(snakemake, tmp_path):
    with pytest.raises(SystemExit) as ended:
        run(lambda _: 1 / 0, snakemake)
    assert "Error in rule some_rule: ZeroDivisionError: division by zero (traceback in " in str(ended.value)
    assert "Traceback" in (tmp_path / "logs" / "rule.log").read_text()
