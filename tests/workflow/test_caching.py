"""The cache that workflows share: a hit for the same work under any name, a miss for any other work."""

import re
from copy import deepcopy
from pathlib import Path

import pytest

from weightflow.dynamics.weight_graph import read_weight_graph

APART = {"all_seeds": {}, "per_snapshot": {"alignment": "rebasin"}}  # ways to train anchors that a cache takes none of
CONFIG = {
    "seeds": [0, 1],
    "datasets": {"one": {"system": "epidemic", "trajectories": 30, "heldout": 10, "observe_every": 50}},
    "models": {
        "ode": {
            "backbone": {"hidden": 2},
            "anchors": {"first_steps": 4, "steps": 2},
            "dynamics": {"kind": "ode", "width": 8, "layers": 1, "heads": 2, "feedforward": 8},
            "training": {"steps": 2},
        }
    },
    "baselines": ["weights_linear"],
}


def target(dataset: str) -> str:
    """What takes the weight graphs of all seeds."""
    return f"results/{dataset}/runs/weights_linear/seed0/prediction.safetensors"


@pytest.fixture(scope="module")
def cache(run_snakemake, tmp_path_factory):
    """A cache that a run has filled, and that run's folder."""
    place, folder = tmp_path_factory.mktemp("cache"), tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(place))
        result = run_snakemake(folder, CONFIG, target("one"), flags=("--cache",))
        assert result.returncode == 0, result.stdout
        yield place, folder


@pytest.fixture
def planned(run_snakemake, tmp_path):
    """How many jobs of a run in a new folder the cache stands in for, and how many would add to it."""

    def plan(config, dataset: str = "one", workflow: Path | None = None) -> tuple[int, int]:
        where = {"workflow": workflow} if workflow else {}
        result = run_snakemake(tmp_path, config, target(dataset), flags=("--cache", "--dry-run"), **where)
        assert result.returncode == 0, result.stdout
        text = re.sub(r"\s+", " ", result.stdout)
        return text.count("will be obtained from global"), text.count("will be written to global")

    return plan


def test_two_seeds_never_share_a_file(cache):
    place, folder = cache
    assert len(list(place.glob("*_anchors"))) == 2
    assert len(list(place.glob("*_losses.csv"))) == 2
    assert len(list(place.glob("*.safetensors"))) == 3  # the simulation and two weight graphs
    graphs = [path.resolve() for path in folder.glob("results/one/anchors/*/seed*/weight_graph.safetensors")]
    assert len(set(graphs)) == 2
    assert all(graph.parent == place for graph in graphs)


@pytest.mark.parametrize("jobs", APART)
def test_seeds_share_no_weight_graph_however_their_anchors_are_trained(run_snakemake, tmp_path, monkeypatch, jobs):
    """In one job for all seeds nothing but the place of a file tells whose anchors they are."""
    place = tmp_path / "cache"
    place.mkdir()
    monkeypatch.setenv("SNAKEMAKE_OUTPUT_CACHE", str(place))
    model = CONFIG["models"]["ode"]
    anchors = model["anchors"] | APART[jobs] | {"jobs": jobs}
    config = CONFIG | {"models": {"ode": model | {"anchors": anchors}}}
    result = run_snakemake(tmp_path, config, target("one"), flags=("--cache",))
    assert result.returncode == 0, result.stdout
    one, other = tmp_path.glob("results/one/anchors/*/seed*/weight_graph.safetensors")
    assert one.resolve() != other.resolve()
    assert (read_weight_graph(one).weights != read_weight_graph(other).weights).any()


def test_the_same_work_under_another_name_is_taken_and_used(cache, run_snakemake, tmp_path):
    place, folder = cache
    before = sorted(place.iterdir())
    config = deepcopy(CONFIG)
    config["datasets"] = {"two": config["datasets"]["one"]}
    result = run_snakemake(tmp_path, config, target("two"), flags=("--cache",))
    assert result.returncode == 0, result.stdout
    assert sorted(place.iterdir()) == before
    assert (tmp_path / target("two")).read_bytes() == (folder / target("one")).read_bytes()


def test_settings_that_are_changed_and_changed_back_are_taken_each_time(cache, run_snakemake, tmp_path):
    """No job writes what comes from the cache; the records must follow all the same."""
    alone = CONFIG | {"seeds": [0]}
    changed = alone | {"datasets": {"one": CONFIG["datasets"]["one"] | {"seed": 11}}}
    found, snapshots = [], "results/one/snapshots.safetensors"  # made of what is simulated
    for config in (alone, changed, alone):
        result = run_snakemake(tmp_path, config, snapshots, flags=("--cache",))
        assert result.returncode == 0, result.stdout
        found.append((tmp_path / snapshots).read_bytes())
    assert found[0] == found[2] != found[1]


def test_what_is_there_is_known_before_a_run(cache, planned):
    assert planned(CONFIG) == (5, 0)  # the simulation; of two seeds the anchors, with their losses, and the graph


CHANGES = {
    "another seed": ({"seeds": [0, 2]}, 3, 2),
    "another seed of the data": ({"datasets": {"one": CONFIG["datasets"]["one"] | {"seed": 7}}}, 0, 5),
    "another observation": ({"datasets": {"one": CONFIG["datasets"]["one"] | {"observe_every": 25}}}, 1, 4),
    "another width": ({"models": {"ode": CONFIG["models"]["ode"] | {"backbone": {"hidden": 3}}}}, 1, 4),
    "a longer training": (
        {"models": {"ode": CONFIG["models"]["ode"] | {"anchors": {"first_steps": 4, "steps": 3}}}},
        1,
        4,
    ),
    "what anchors do not depend on": ({"models": {"ode": CONFIG["models"]["ode"] | {"training": {"steps": 3}}}}, 5, 0),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_work_is_a_miss(cache, planned, change):
    settings, taken, added = CHANGES[change]
    assert planned(CONFIG | settings) == (taken, added)


@pytest.mark.parametrize(("module", "taken"), [("simulation.py", 0), ("anchors.py", 1), ("dynamics.py", 5)])
def test_an_edited_library_module_is_a_miss_of_what_uses_it(cache, planned, copy_of_workflow, module, taken):
    file = copy_of_workflow / "workflow" / "scripts" / "weightflow" / module
    file.write_text(file.read_text(encoding="utf-8") + "\nEDITED = 1\n", encoding="utf-8")
    assert planned(CONFIG, workflow=copy_of_workflow) == (taken, 5 - taken)


def test_a_damaged_file_in_the_cache_stops_a_run_with_its_name(cache, run_snakemake, tmp_path):
    _, folder = cache
    graph = next(folder.glob("results/one/anchors/*/seed0/weight_graph.safetensors")).resolve()
    before = graph.read_bytes()
    try:
        graph.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        result = run_snakemake(tmp_path, CONFIG, target("one"), flags=("--cache",))
        assert result.returncode != 0
        assert re.search(rf"its file in the cache, {re.escape(str(graph))}, is damaged", result.stdout)
        assert not (tmp_path / target("one")).exists()
    finally:
        graph.write_bytes(before)
