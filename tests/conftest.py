"""Shared by all tests: deterministic property tests, small networks, and the workflow run as a user would."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

os.environ.setdefault("POT_BACKEND_DISABLE_PYTORCH", "1")

import hypothesis
import numpy as np
import pandas as pd
import pytest
import torch
import yaml
from threadpoolctl import threadpool_limits

from docs.build_tutorials import copy_of_sources
from weightflow import machine
from weightflow.baselines.registry import standard_baselines
from weightflow.config.settings import Configuration
from weightflow.data.settings import DatasetSettings
from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts, Reals
from weightflow.dynamics.settings import DynamicsSettings, ModelSettings
from weightflow.dynamics.weight_graph import WeightGraph, build_weight_graph
from weightflow.errors import InputError
from weightflow.networks.backbones import Backbone
from weightflow.networks.count_heads import CountHead
from weightflow.networks.gru import GRUBackbone
from weightflow.networks.heads import MixtureHead
from weightflow.networks.settings import BackboneSettings
from weightflow.networks.transformer import TransformerBackbone, TransformerSize
from weightflow.plots.registry import FIGURES
from weightflow.records.archive import unpack
from weightflow.records.digests import Made
from weightflow.records.record import input_digests, write_records
from weightflow.settings import Settings
from weightflow.systems.reaction_network import ReactionNetwork
from weightflow.systems.reading import read_system

ROOT = Path(__file__).resolve().parents[1]

AnySettings = TypeVar("AnySettings", bound=Settings)

hypothesis.settings.register_profile("tests", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("tests")

FROM_SAVED = ("--profile", "profiles/figures", "--forceall")  # what `make figures` passes
SMALL_DYNAMICS = DynamicsSettings(kind="ode", width=8, layers=1, heads=2, feedforward=8)


# The longest first.
LONG = (
    "test_workflow",
    "test_bad_input",
    "test_module",
    "test_population_workflow",
    "test_cluster_generic",
    "test_faults",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what starts Snakemake, and start with the long files, so that none keeps one worker busy at the end."""
    for item in items:
        if "run_snakemake" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.workflow)
    items.sort(key=lambda item: LONG.index(item.path.stem) if item.path.stem in LONG else len(LONG))


def real_density(order: tuple[int, ...]) -> tuple[GRUBackbone, torch.Tensor, Reals, np.ndarray]:
    """A backbone over real values, two sets of weights, the space of what they say, and many samples."""
    backbone = GRUBackbone(len(order), MixtureHead(3, 0.2), hidden=4, order=order)
    weights = 3 * backbone.initial(2, torch.Generator().manual_seed(3))
    samples = backbone.sample(weights, 40_000, torch.Generator().manual_seed(4)).double().numpy()
    flat = samples.reshape(-1, len(order))
    unit = tuple([0.0] * len(order)), tuple([1.0] * len(order))
    return backbone, weights, Reals(*unit, tuple(flat.min(0)), tuple(flat.max(0))), samples


def pytest_make_parametrize_id(val: Any, argname: str) -> str | None:
    """Files' contents are called by their argument: what is packed holds the time, and workers must agree on names."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> None:
    """One thread for each test file, whatever was loaded since the last: idle ones of one worker hold up the other."""
    torch.set_num_threads(1)
    threadpool_limits(1)


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository."""
    return ROOT


def data_at_hand(name: str) -> Path:
    """A file of other authors by its place below resources/data; a test that needs it is skipped where it is not."""
    places = [ROOT / "resources" / "data", *filter(None, [os.environ.get("WEIGHTFLOW_DATA")])]
    found = [path for place in places if (path := Path(place, name)).is_file()]
    if not found:
        pytest.skip(f"resources/data/{name} is not there, nor in the folder that WEIGHTFLOW_DATA names")
    return found[0]


@pytest.fixture
def rng() -> np.random.Generator:
    """The draws of a test."""
    return np.random.default_rng(0)


@pytest.fixture
def refused() -> Callable[[str], AbstractContextManager]:
    """A block that must end in an InputError of one sentence that matches a pattern."""

    @contextmanager
    def with_one_sentence(pattern: str) -> Iterator[None]:
        with pytest.raises(InputError, match=pattern) as refusal:
            yield
        assert str(refusal.value).endswith(".")
        assert "\n" not in str(refusal.value)

    return with_one_sentence


@pytest.fixture
def system(tmp_path) -> Callable[..., ReactionNetwork]:
    """A network from reactions (entries of a system file, or propensities by equation), initial state and grid."""

    def build(reactions: Any, initial: Mapping[str, Any], points: int = 5, step: float = 1.0) -> ReactionNetwork:
        if isinstance(reactions, Mapping):
            reactions = [{"equation": e, "propensity": p} for e, p in reactions.items()]
        content = {
            "title": "Test",
            "species": list(initial),
            "reactions": list(reactions),
            "initial": dict(initial),
            "grid": {"points": points, "step": step},
        }
        (tmp_path / "system.yaml").write_text(yaml.safe_dump(content))
        return read_system(tmp_path / "system.yaml")

    return build


def with_changes(settings: AnySettings, **changes: Any) -> AnySettings:
    """The same with some keys changed, also nested ones as mappings, and checked."""
    return type(settings).of(_merged(settings.plain(), changes), "settings")


def _merged(old: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    def nested(key: str, value: Any) -> bool:
        return isinstance(value, Mapping) and isinstance(old.get(key), Mapping)

    return {**old, **{key: _merged(old[key], new) if nested(key, new) else new for key, new in changes.items()}}


@pytest.fixture
def complete() -> Callable[[Mapping[str, Any]], Configuration]:
    """A config with its defaults and the names of its baselines, as in the plan of a run."""

    def fill(content: Mapping[str, Any]) -> Configuration:
        config = Configuration.of(content, "my.yaml")
        past = any(dataset.hold_back for dataset in config.datasets.values())
        return config if config.baselines is not None else config.but(baselines=tuple(standard_baselines(past)))

    return fill


@pytest.fixture
def model_settings() -> ModelSettings:
    """The defaults of one model."""
    return ModelSettings()


@pytest.fixture
def dataset_settings() -> DatasetSettings:
    """The defaults of a data set that is read from data.npy."""
    return DatasetSettings(file="data.npy")


@pytest.fixture
def saved(tmp_path) -> Callable[[str, Any], Path]:
    """Save an array, arrays by name, a table, bytes or text under a name."""

    def save(name: str, content: Any) -> Path:
        path = tmp_path / name
        if isinstance(content, np.ndarray):
            np.save(path, content, allow_pickle=content.dtype == object)
        elif isinstance(content, Mapping):
            np.savez(path, **content)
        elif isinstance(content, pd.DataFrame):
            content.to_parquet(path)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return path

    return save


@pytest.fixture
def small_machine(tmp_path, monkeypatch) -> Path:
    """A folder whose `work` is the working folder, empty, on a machine of a gibibyte."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setattr(machine, "memory", lambda: 2**30)
    return tmp_path


NETWORKS = {
    "gru": partial(GRUBackbone, hidden=4),
    "deep gru": partial(GRUBackbone, hidden=4, depth=2, position=True),
    "transformer": partial(TransformerBackbone, size=TransformerSize(4, 1, 2, 8), position=True),
    "deep transformer": partial(TransformerBackbone, size=TransformerSize(6, 2, 3, 6), position=True),
}


@pytest.fixture(scope="session", params=NETWORKS)
def build(request) -> Callable[..., Backbone]:
    """A small backbone of each kind, shallow and deep, given variables, a head and options of all kinds."""
    return NETWORKS[request.param]


@pytest.fixture
def backbone() -> GRUBackbone:
    """Two variables of three states, two hidden units."""
    return GRUBackbone(variables=2, head=CountHead(3), hidden=2)


@pytest.fixture
def graph(backbone) -> WeightGraph:
    """Five anchors at unequally spaced times, a random walk in weight space."""
    rng = np.random.default_rng(0)
    size = sum(layer.weights for layer in backbone.layers)
    weights = np.cumsum(rng.normal(0, 0.3, (5, size)), axis=0).astype(np.float32)
    times, settings = np.array([0.0, 1.0, 4.0, 4.5, 10.0]), BackboneSettings(hidden=2, position=False)
    return build_weight_graph(backbone.layers, weights, times, "some digest", settings)


@pytest.fixture
def counts() -> Snapshots:
    """Six times of two variables with unequally many states, of which times 0, 2 and 7 are observed."""
    rng = np.random.default_rng(1)
    sizes = [5, 7, 4, 6, 5, 8]
    return Snapshots(
        times=np.array([0.0, 1.0, 2.0, 3.0, 5.0, 7.0]),
        training=[rng.integers(0, 6, (n, 2)) for n in sizes],
        heldout=[rng.integers(0, 6, (3, 2)) for _ in sizes],
        is_observed=np.array([True, False, True, False, False, True]),
        variables=["a", "b"],
        space=Counts(8),
        reference="training",
        time_label="hours",
    )


def write_job(rule: str, output: list[str], **given: Any) -> SimpleNamespace:
    """A job (its `input`, `params` and `wildcards` as they are given) whose records are written as it would."""
    made = SimpleNamespace(**{"rule": rule, "output": output, "input": [], "params": {}, "wildcards": {}} | given)
    write_records(Made(rule, dict(made.wildcards), dict(made.params)), output, input_digests(made.input))
    return made


@pytest.fixture
def rules(root) -> dict[str, str]:
    """The text of every rule with a script, by name."""
    sources = [path.read_text(encoding="utf-8") for path in (root / "workflow" / "rules").glob("*.smk")]
    parts = [part for source in sources for part in re.split(r"^(?=\w+ \w+:$|for figure )", source, flags=re.MULTILINE)]
    (loop,) = [part for part in parts if part.startswith("for figure ")]
    named = {match[1]: part for part in parts if (match := re.match(r"\w+ (\w+):", part)) and "    script:" in part}
    return named | {figure.rule: loop for figure in FIGURES.values()}


def write_result(name: str, content: str, sources: tuple[str, ...] = (), **params: Any) -> None:
    """Write results/NAME as a rule that is called as it is would, from other results."""
    path = Path("results") / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    write_job(name, [str(path)], input=[f"results/{source}" for source in sources], params=params)


@pytest.fixture
def chain(tmp_path, monkeypatch) -> Callable[..., None]:
    """A folder with three results, each made from the one before; `write_result`, to write more."""
    monkeypatch.chdir(tmp_path)
    write_result("data", "1", code="a")
    write_result("model", "2", ("data",), code="b", steps=5)
    write_result("table", "3", ("model",), code="c")
    return write_result


@pytest.fixture
def job(tmp_path, monkeypatch) -> SimpleNamespace:
    """A job that made results/D/made from results/D/source, and has written its records."""
    monkeypatch.chdir(tmp_path)
    os.makedirs("results/D/folder")
    for name in ("source", "made", "folder/one", "folder/two"):
        (tmp_path / "results/D" / name).write_text(name)
    write_job("import", ["results/D/source"], params={"code": "1"})
    return write_job(
        "make",
        ["results/D/made", "results/D/folder"],
        input=["results/D/source"],
        params={"code": "2", "steps": (1, 2)},
        wildcards={"dataset": "D", "seed": "3"},
    )


@pytest.fixture(scope="session")
def copy_sources() -> Callable[[Path], Path]:
    """Copy the repository's sources into a folder, and give it back."""

    return copy_of_sources


@pytest.fixture
def copy_of_workflow(copy_sources, tmp_path_factory) -> Path:
    """A copy of the repository's sources of a test's own."""
    return copy_sources(tmp_path_factory.mktemp("repository"))


@pytest.fixture(scope="session")
def run_snakemake() -> Callable[..., subprocess.CompletedProcess]:
    """The workflow as a user starts it, with another working directory for its results."""

    def run(
        folder: Path,
        config: Mapping[str, Any] | Path,
        *targets: str,
        flags: tuple[str, ...] = (),
        workflow: Path = ROOT,
    ) -> subprocess.CompletedProcess:
        """Run it.

        Args:
            folder: where results go and relative paths in the config start.
            config: a config file, or its content.
            targets: files to make; none for the default target.
            flags: further options.
            workflow: the repository, or a copy of it.
        """
        if not isinstance(config, Path):
            path = folder / "config.yaml"
            path.write_text(yaml.safe_dump(dict(config), sort_keys=False), encoding="utf-8")
            config = path
        command = [sys.executable, "-m", "snakemake", "--cores", "2", "--resources", "gpu=1"]
        command += ["--configfile", str(config), "--directory", str(folder), "--nocolor", *flags, "--", *targets]
        return subprocess.run(
            command, cwd=workflow, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )

    return run


def job_counts(output: str) -> dict[str, int]:
    """Jobs by rule, as Snakemake lists them before it starts or at the end of a dry run."""
    if "Job stats:" not in output:
        return {}
    stats = output.split("Job stats:")[1].split("total")[0]
    return {name: int(count) for name, count in re.findall(r"^([\w-]+) +(\d+)$", stats, re.MULTILINE)}


@pytest.fixture
def without_torch(tmp_path_factory, monkeypatch) -> None:
    """Programs started by a test find no torch."""
    folder = tmp_path_factory.mktemp("without")
    for package in ("torch", "torchdiffeq", "torchcde"):
        (folder / f"{package}.py").write_text(f"raise ModuleNotFoundError('{package} is not installed')\n")
    monkeypatch.setenv("PYTHONPATH", str(folder))


def unpacked(archive: Path, folder: Path) -> Path:
    """A new folder of what is in an archive, with the times that a copy or a checkout leaves."""
    unpack(archive, folder)
    rng = np.random.default_rng(0)
    for path in folder.rglob("*"):
        os.utime(path, (moment := int(rng.integers(1, 10**9)), moment))
    return folder


def drawn(results: Path) -> list[Path]:
    """Figures and pages of a results folder."""
    return [path for path in results.rglob("*.*") if path.suffix in (".png", ".pdf", ".gif", ".html")]
