"""The profile for Kubernetes, as far as that goes without one: its options, and results in storage."""

from pathlib import Path

import pytest
import yaml
from snakemake.cli import parse_args
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

pytestmark = pytest.mark.engine
ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "profiles" / "kubernetes"


@pytest.fixture(scope="module")
def options():
    """The profile as Snakemake reads it; an option that does not exist ends the reading."""
    return parse_args(["--profile", str(PROFILE), "--workflow-profile", "none"])[1]


def test_every_option_of_the_profile_exists(options):
    assert options.executor == "kubernetes"
    settings = ExecutorPluginRegistry().get_plugin(options.executor).get_settings(options)
    assert settings.namespace == "default"
    assert options.default_storage_provider == "s3"
    provider = StoragePluginRegistry().get_plugin("s3")
    assert provider.storage_provider.is_valid_query(f"{options.default_storage_prefix}/results/summary.csv").valid


def test_an_option_that_does_not_exist_is_refused(tmp_path, capsys):
    text = (PROFILE / "config.yaml").read_text(encoding="utf-8")
    (tmp_path / "config.yaml").write_text(
        text.replace("kubernetes-namespace", "kubernetes-nameplace"), encoding="utf-8"
    )
    with pytest.raises(SystemExit):
        parse_args(["--profile", str(tmp_path), "--workflow-profile", "none"])
    assert "kubernetes-nameplace" in capsys.readouterr().err


def test_the_workflow_is_wired_with_results_in_storage(run_snakemake, copy_of_workflow, tmp_path):
    """A folder in place of the bucket, empty at first: every pattern of a rule must be one that storage can take."""
    config = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
    repository, store = copy_of_workflow, tmp_path / "store"
    store.mkdir()
    flags = ("--default-storage-provider", "fs", "--default-storage-prefix", str(store), "--shared-fs-usage", "none")
    result = run_snakemake(repository, config, flags=(*flags, "--dry-run", "--verbose"), workflow=repository)
    assert result.returncode == 0, result.stdout
    assert f"Missing output files: {store}/results/report.html (in storage)" in result.stdout
