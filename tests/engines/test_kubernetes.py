"""The profile for Kubernetes, as far as that goes without one: options, what pods ask for, results in storage."""

import logging
import threading
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from snakemake.cli import parse_args
from snakemake_executor_plugin_kubernetes import Executor
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry
from snakemake_interface_storage_plugins.registry import StoragePluginRegistry

ROOT = Path(__file__).resolve().parents[2]
PROFILE = ROOT / "profiles" / "kubernetes"


@pytest.fixture(scope="module")
def options():
    """The profile as Snakemake reads it; an option that does not exist ends the reading."""
    return parse_args(["--profile", str(PROFILE), "--workflow-profile", "none"])[1]


@pytest.fixture
def pod(options):
    """What the plugin asks a cluster for, given what a rule says of its resources."""

    def submitted(**resources):
        executor = object.__new__(Executor)
        settings = ExecutorPluginRegistry().get_plugin("kubernetes").get_settings(options)
        bodies = []
        executor.__dict__ |= {
            "batchapi": SimpleNamespace(create_namespaced_job=lambda namespace, body: bodies.append((namespace, body))),
            "container_image": options.container_image,
            "format_job_exec": lambda job: "true",
            "k8s_cpu_scalar": settings.cpu_scalar,
            "k8s_service_account_name": settings.service_account_name,
            "lock": threading.Lock(),
            "logger": logging.getLogger(__name__),
            "namespace": settings.namespace,
            "persistent_volumes": settings.persistent_volumes,
            "privileged": settings.privileged,
            "report_job_submission": lambda info: None,
            "run_namespace": "run",
            "secret_envvars": {},
        }
        rule = SimpleNamespace(default_resources=None)
        job = SimpleNamespace(resources=resources, jobid=1, attempt=1, is_containerized=False, rule=rule)
        executor.run_job(job)
        ((namespace, body),) = bodies
        (container,) = body.spec.template.spec.containers
        return SimpleNamespace(namespace=namespace, container=container, spec=body.spec.template.spec)

    return submitted


@pytest.fixture
def defaults() -> dict:
    """Resources of rules that say nothing of them."""
    return yaml.safe_load((PROFILE / "config.yaml").read_text(encoding="utf-8"))["default-resources"]


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


def test_a_pod_of_a_rule_that_trains_has_a_card(pod, defaults, options):
    made = pod(**defaults, _cores=1, gpu=1)
    asked = made.container.resources
    assert asked.limits["nvidia.com/gpu"] == asked.requests["nvidia.com/gpu"] == "1"
    assert asked.limits["memory"] == "4000M"
    assert [toleration.key for toleration in made.spec.tolerations] == ["nvidia.com/gpu"]
    assert (made.container.image, made.namespace) == (options.container_image, "default")


def test_other_pods_have_none(pod, defaults):
    made = pod(**defaults, _cores=2)
    assert "nvidia.com/gpu" not in made.container.resources.limits
    assert made.container.resources.limits["cpu"] == "2000m"
    assert made.spec.tolerations is None


def test_the_workflow_is_wired_with_results_in_storage(run_snakemake, copy_of_workflow, tmp_path):
    """A folder in place of the bucket, empty at first: every pattern of a rule must be one that storage can take."""
    config = yaml.safe_load((ROOT / "tests" / "config" / "tiny.yaml").read_text(encoding="utf-8"))
    repository, store = copy_of_workflow, tmp_path / "store"
    store.mkdir()
    flags = ("--default-storage-provider", "fs", "--default-storage-prefix", str(store), "--shared-fs-usage", "none")
    result = run_snakemake(repository, config, flags=(*flags, "--dry-run"), workflow=repository)
    assert result.returncode == 0, result.stdout
    assert f"{store}/results/report.html (send to storage)" in result.stdout
