"""Links into a cache that workflows share get a record from what the file in the cache says of itself."""

from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from weightflow.records import adoption
from weightflow.records.integrity import check_inputs, check_results
from weightflow.records.provenance import input_digest
from weightflow.records.record import read_record
from weightflow.storage import write_tensors

DATA = "results/D/snapshots.safetensors"
SEED = Path("results/D/anchors/L/seed1")
GRAPH = str(SEED / "weight_graph.safetensors")


@pytest.fixture(autouse=True)
def cache(chain, tmp_path, monkeypatch):
    """An empty cache, and data that anchors are trained on."""
    monkeypatch.setenv(adoption.CACHE, str(tmp_path / "cache"))
    (tmp_path / "cache").mkdir()
    chain("D/snapshots.safetensors", "1")
    SEED.mkdir(parents=True)
    return tmp_path / "cache"


def stamp(rule: str, inputs: tuple[str, ...] = (), **params) -> dict[str, Any]:
    return {
        "rule": rule,
        "wildcards": {"seed": "1"},
        "params": params,
        "inputs": [input_digest(path) for path in inputs],
    }


def link(place: str | Path, entry: Path) -> None:
    """A result in place of what is there."""
    Path(place).parent.mkdir(parents=True, exist_ok=True)
    Path(place).unlink(missing_ok=True)
    Path(place).symlink_to(entry)


def share(cache: Path, place: str | Path, made: dict[str, Any], value: float = 1.0) -> Path:
    """Tensors in the cache, and a link to them as a result."""
    entry = cache / f"{key(f'{made}{value}')}{Path(place).suffix}"
    write_tensors(entry, "thing", {"x": np.full(3, value)}, made_by=made)
    link(place, entry)
    return entry


def key(work: str) -> str:
    return sha256(work.encode()).hexdigest()


def share_anchors(cache: Path, made: dict[str, Any], work: str = "a") -> None:
    """Anchors in the cache with their losses, and links to them."""
    for name in ("000", "001"):
        entry = cache / f"{key(work)}_anchors" / f"{name}.safetensors"
        entry.parent.mkdir(exist_ok=True)
        write_tensors(entry, "thing", {"x": np.full(3, len(work))}, made_by=made)
        link(SEED / "snapshots" / entry.name, entry)
    (cache / f"{key(work)}_losses.csv").write_text(f"losses of {work}")
    link(SEED / "losses.csv", cache / f"{key(work)}_losses.csv")


def read(*paths: str | Path) -> None:
    """As the job that makes the report would."""
    check_inputs(list(map(str, paths)), ["results/out"])


def test_what_comes_from_a_cache_gets_its_record_from_itself(cache):
    share(cache, "results/D/simulated.safetensors", stamp("simulate_system", code="7"))
    for _ in range(2):
        read("results/D/simulated.safetensors")
    record = read_record("results/D/simulated.safetensors")
    assert (record.rule, record.params) == ("simulate_system", {"code": "7"})
    check_results()


def test_anchors_and_their_losses_are_adopted_from_what_the_anchors_say(cache):
    share_anchors(cache, stamp("train_anchors", (DATA,), seed=1))
    read(SEED / "losses.csv", SEED / "snapshots")
    for name in ("losses.csv", "snapshots"):
        record = read_record(SEED / name)
        assert record.rule == "train_anchors"
        assert record.inputs["/D/snapshots.safetensors"] == input_digest(DATA)


def test_a_module_has_rules_of_longer_names(cache):
    share(cache, GRAPH, stamp("weightflow_build_weight_graph", (DATA,), seed=1))
    read(GRAPH)


def test_a_record_stays_when_the_cache_is_not_named_any_more(cache, monkeypatch):
    share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1))
    read(GRAPH)
    monkeypatch.delenv(adoption.CACHE)
    read(GRAPH)
    check_results()


WRONG = {
    "another rule": (stamp("simulate_system", seed=1), "made by simulate_system"),
    "another seed": (stamp("build_weight_graph", seed=2), "made with the seed 2"),
    "other data": (stamp("build_weight_graph", seed=1), f"made from another {DATA}"),
    "nobody knows what": ({}, "does not say its inputs"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_link_to_what_was_made_otherwise_is_refused(cache, refused, case):
    made, told = WRONG[case]
    share(cache, GRAPH, made)
    with refused(f"^{GRAPH}: is a link to .*{told}"):
        read(GRAPH)


def test_a_graph_of_other_anchors_is_refused(cache, refused):
    share_anchors(cache, stamp("train_anchors", (DATA,), seed=1))
    share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1))
    with refused(f"made from another {SEED}/snapshots"):
        read(GRAPH)


def test_losses_of_other_anchors_are_refused(cache, refused):
    share_anchors(cache, stamp("train_anchors", (DATA,), seed=1))
    (cache / f"{key('b')}_losses.csv").write_text("losses of others")
    link(SEED / "losses.csv", cache / f"{key('b')}_losses.csv")
    with refused("losses.csv: is a link to what another job made"):
        read(SEED / "losses.csv")


def test_a_link_to_elsewhere_is_not_adopted(cache, refused, tmp_path):
    entry = share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1))
    link(GRAPH, entry.rename(tmp_path / "mine.safetensors"))
    with refused("weight_graph.safetensors: has no record"):
        read(GRAPH)


def test_a_link_in_place_of_what_workflows_do_not_share_is_not_adopted(cache, refused):
    share(cache, "results/D/prediction.safetensors", stamp("predict_field", seed=1))
    with refused("prediction.safetensors: has no record"):
        read("results/D/prediction.safetensors")


def test_a_damaged_file_of_a_cache_is_refused_where_it_is(cache, refused):
    entry = share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1))
    content = bytearray(entry.read_bytes())
    content[-1] ^= 1
    entry.write_bytes(content)
    with refused(f"{entry.name}, is damaged; delete both"):
        read(GRAPH)


def test_another_file_of_the_cache_that_a_run_takes_gets_another_record(cache):
    """Settings that are changed, and changed back: no job runs, and the record is that of the work before."""
    for value in (1.0, 2.0, 1.0):
        check_results()
        share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1, width=value), value)
        read(GRAPH)
        assert read_record(GRAPH).params["width"] == value


def test_other_anchors_that_a_run_takes_get_another_record_though_their_files_are_called_the_same(cache):
    for work in ("a", "other"):
        share_anchors(cache, stamp("train_anchors", (DATA,), seed=1, work=work), work)
        read(SEED / "snapshots")
        assert read_record(SEED / "snapshots").params["work"] == work


def test_a_record_of_a_job_gives_way_to_one_of_the_cache(cache, chain):
    chain("D/anchors/L/seed1/weight_graph.safetensors", "of this folder")
    share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1))
    read(GRAPH)
    assert read_record(GRAPH).rule == "build_weight_graph"


def test_between_runs_a_link_to_another_file_of_the_cache_is_damage(cache, refused):
    for value in (1.0, 2.0):
        share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1), value)
        if value == 1.0:
            read(GRAPH)
    with refused(f"^{GRAPH}: not what the workflow wrote"):
        check_results()


def test_the_same_file_of_the_cache_with_other_bytes_is_damaged(cache, refused):
    entry = share(cache, GRAPH, stamp("build_weight_graph", (DATA,), seed=1))
    read(GRAPH)
    entry.write_bytes(entry.read_bytes() + b" ")
    with refused(f"{GRAPH}: not what the workflow wrote"):
        check_results()
    with refused(f"{GRAPH}: is not what build_weight_graph wrote"):
        read(GRAPH)


def test_what_rules_share_is_what_is_adopted(rules):
    shared = {name: text for name, text in rules.items() if "cache: SHARES_CACHE" in text}
    assert {kind.rule for kind in adoption._SHARED.values()} == shared.keys()
    for name, kind in adoption._SHARED.items():
        assert f'/{name}"' in shared[kind.rule]
        assert ("seed{seed}/" in shared[kind.rule]) <= ("seed=lambda w: int(w.seed)" in shared[kind.rule])
