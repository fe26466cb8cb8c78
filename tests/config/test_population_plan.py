"""The plan of populations: their settings, and the files that are asked for."""

import pytest
import yaml

from tests.conftest import ROOT
from weightflow.config.plan import Plan
from weightflow.config.population_plan import FURTHER, MetricTable, PopulationPlan, SeedTable, TimedPopulation

SMALL = ROOT / "tests" / "config" / "populations.yaml"
CONTENT = yaml.safe_load(SMALL.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def plan() -> PopulationPlan:
    return PopulationPlan.of(Plan.of(CONTENT, ROOT, "my.yaml"), "my.yaml")


def test_populations_may_be_those_of_another_file(plan):
    content = {key: value for key, value in CONTENT.items() if key != "populations"}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml", SMALL)
    assert found.plain() == plan.plain()
    assert PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml").plain() == {"populations": {}}


def test_faults_are_told_with_the_file_that_has_them(refused, tmp_path):
    (tmp_path / "other.yaml").write_text("populations: {p: {task: irises}}\n")
    with refused(r"other\.yaml: populations\.p\.task: unknown task 'irises'"):
        PopulationPlan.of(Plan.of(CONTENT, ROOT, "my.yaml"), "my.yaml", tmp_path / "other.yaml")
    with refused(r"my\.yaml: populations\.p\.split: "):
        faulty = CONTENT | {"populations": {"p": {"task": "iris", "split": {"validation": 0.5, "test": 0.5}}}}
        PopulationPlan.of(Plan.of(faulty, ROOT, "my.yaml"), "my.yaml")


def test_settings_of_a_population(plan, refused):
    own = plan.population("small")
    assert plan.sections("small", "flow", without="alignments")["flow"] == {
        key: value for key, value in own.flow.plain().items() if key != "alignments"
    }
    assert plan.sections("small", "generated") == {"generated": 4}
    with refused("populations: unknown population 'smal'; did you mean 'small'"):
        plan.population("smal")
    assert (plan.files_of_task("iris"), plan.states_of("small")) == ([], [])
    assert plan.shape_of_inputs("small") == [4]
    assert plan.files_of_task("eurosat") == [str(s.path) for s in plan.plan.catalogue["eurosat"].files.values()]


@pytest.mark.parametrize(
    ("size", "shape"),
    [
        ({"task": "mnist"}, [1, 28, 28]),
        ({"task": "cifar10", "crop": 30}, [3, 30, 30]),
        ({"task": "mnist", "crop": 20, "resize": 14}, [1, 14, 14]),
    ],
)
def test_queries_have_the_shape_of_the_populations_images(plan, size, shape):
    content = {key: value for key, value in CONTENT.items() if key != "populations"} | {"populations": {"p": size}}
    assert PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml").shape_of_inputs("p") == shape


def test_examples_are_checked_before_they_are_split(plan, tmp_path):
    (tmp_path / "mine.csv").touch()
    (tmp_path / "own.yaml").write_text(
        "populations: {p: {examples: {file: mine.csv, label: kind, test_folder: images/}}, q: {task: iris}}\n"
    )
    found = PopulationPlan.of(plan.plan, "my.yaml", tmp_path / "own.yaml")
    assert found.files_of_examples("p") == [str(tmp_path / "mine.csv"), "images"]  # the latter is nowhere
    assert (found.files_of_examples("q"), found.files_of_task(None)) == ([], [])
    assert found.check_of("q") == []
    assert found.shape_of_inputs("p") == []
    assert found.checked_examples() == [found.check_of("p")] == ["results/populations/p/examples.json"]


def test_what_is_judged(plan):
    at, other = (f"results/populations/{name}/seed0/metrics" for name in ("small", "narrow"))
    assert plan.judged() == [
        MetricTable("small", "aligned", 0, f"{at}/generated-aligned.csv"),
        MetricTable("small", "raw", 0, f"{at}/generated-raw.csv"),
        MetricTable("small", "reconstructed", 0, f"{at}/reconstructed.csv"),
        *(MetricTable("narrow", own, 0, f"{other}/generated-{own}.csv") for own in ("aligned", "raw")),
    ]
    assert plan.further("frontier") == [SeedTable("small", 0, f"{at}/frontier.csv")]
    further = [f"{at}/{kind}.csv" for kind in ("frontier", "transfer", "decoded", "zoos", "variants")]
    assert plan.measured() == [*(own.metrics for own in plan.judged()), *further]


def test_without_a_frontier_nothing_of_it_is_made():
    content = CONTENT | {"seeds": [0], "populations": {"p": {"task": "iris", "frontier": 0}}}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert found.further("frontier") == []
    timed = [stage.benchmark for stage in found.timed()]
    assert not any("frontier" in path for path in [*found.figures(), *found.measured(), *timed])


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        ({"structural": [1]}, ["decoded"]),
        ({"structural": [1], "variants": {"few": {"steps": 2}}}, ["decoded", "variants"]),
        ({"structural": [1], "unfamiliar": ["q"]}, ["decoded", "zoos"]),
        ({"structural": []}, []),
    ],
)
def test_tables_and_figures_of_autoencoders(changes, kinds):
    own = {"task": "iris", "frontier": 0, "autoencoder": changes}
    content = CONTENT | {"seeds": [0], "populations": {"p": own, "q": {"task": "iris", "frontier": 0}}}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert [kind for kind in FURTHER if found.further(kind)] == kinds
    drawn = {path.rsplit("/")[-1] for path in found.figures() if "/p/" in path}
    coded = {"decoded.png", "agreement.png", "probes.png"} if "decoded" in kinds else set()
    assert drawn - {"networks.png", "learning.png"} == coded | ({"variants.png"} if "variants" in kinds else set())


def test_learned_generators_have_files_for_each_of_their_layouts(plan):
    pairs = [("flow", "aligned"), ("flow", "raw"), ("corrected", "aligned")]
    assert plan.learned("small") == pairs
    assert plan.learned("small", "raw") == pairs[1:2]
    folder = "results/populations/small/seed3"
    assert plan.generators("small", "raw", 3) == [f"{folder}/generators/flow-raw.safetensors"]
    assert plan.generated("small", "aligned", 3) == [
        f"{folder}/generated/{name}-aligned.safetensors" for name in ("flow", "corrected")
    ]


def test_stages_that_take_time(plan):
    found = plan.timed()
    assert {stage.population for stage in found} == {"small", "narrow"}
    assert [stage.stage for stage in found if stage.population == "small"] == [
        *("training", "alignment", "flow, aligned", "flow, raw", "corrected, aligned"),
        *("drawing flow, aligned", "drawing flow, raw", "drawing corrected, aligned"),
        *("auto-encoder, β = 1", "auto-encoder, β = 0.5"),
        *("auto-encoder, β = 0.5, neurons", "auto-encoder, β = 0.5, both", "frontiers", "fine-tuning"),
    ]
    spent = "results/populations/small/benchmarks/seed0"
    assert found[2] == TimedPopulation("small", "flow, aligned", 0, f"{spent}/aligned/fit_flow.tsv")
    assert found[9].benchmark == f"{spent}/base/0.5/fit_weight_autoencoder.tsv"
    assert found[11].benchmark == f"{spent}/both/0.5/fit_weight_autoencoder.tsv"


def test_auto_encoders_of_a_population(plan, refused):
    assert [*plan.autoencoders("small")] == ["base", "neurons", "both"]
    assert plan.encodings("small") == [("base", 1), ("base", 0.5), ("neurons", 0.5), ("both", 0.5)]
    assert plan.autoencoder("small", "neurons").tokens == "neurons"
    assert plan.checked_autoencoders() == ["results/populations/small/autoencoders.json"]
    folder = "results/populations/small/seed3"
    file = plan.autoencoder_file("small", 3, "both", 0.5, "losses.csv")
    assert file == f"{folder}/autoencoders/both/0.5/losses.csv"
    assert plan.drawn("small", 3) == [f"{folder}/generated/decoded.safetensors"]
    with refused("populations.small.autoencoder: unknown variant 'bose'; did you mean 'base'"):
        plan.autoencoder("small", "bose")


def test_a_population_without_auto_encoders_has_none_of_their_files(plan):
    assert (plan.autoencoders("narrow"), plan.encodings("narrow")) == ({}, [])
    assert plan.drawn("narrow", 0) == []
    assert [own.population for own in plan.further("decoded")] == ["small"]
    coded = {"structural": [], "variants": {"few": {"steps": 1}}, "unfamiliar": ["small"]}
    unused = {"task": "iris", "autoencoder": coded}
    content = CONTENT | {"populations": CONTENT["populations"] | {"p": unused}}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert found.autoencoders("p") == {}
    assert not [own for kind in ("decoded", "zoos", "variants") for own in found.further(kind) if own.population == "p"]


def test_populations_of_an_auto_encoder(plan):
    assert [plan.zoos("small", variant) for variant in plan.autoencoders("small")] == [
        ["small"],
        ["small"],
        ["small", "narrow"],
    ]
    assert plan.compared_zoos("small") == ["narrow"]
    both = plan.zoos("small", "both")
    assert plan.tasks_of_zoos(both) == [f"results/populations/{name}/task.safetensors" for name in both]
    assert plan.aligned(both, 3) == [f"results/populations/{name}/seed3/aligned.safetensors" for name in both]
    assert [own["name"] for own in plan.sections_of_zoos(both)] == both
    assert plan.sections_of_zoos(both)[1]["architecture"]["widths"] == [2]
    files = [f"results/populations/{name}/others/iris.safetensors" for name in both]
    assert plan.other_queries("small", "both") == ["iris"]
    assert plan.files_of_queries("small", "both") == files
    assert plan.files_of_queries("small", "base") == files[:1]


def test_a_fit_depends_on_its_own_keys_and_populations(plan):
    """Neither on further candidates nor on variants, comparisons and draws."""
    before = {variant: plan.settings_of_autoencoder("small", variant) for variant in plan.autoencoders("small")}
    own = CONTENT["populations"]["small"]
    further = {"structural": [1, 0.5, 0.25], "unfamiliar": [], "drawing": {"good": 0.2}}
    further["variants"] = own["autoencoder"]["variants"] | {"third": {"steps": 1}}
    small = own | {"autoencoder": own["autoencoder"] | further}
    content = CONTENT | {"populations": CONTENT["populations"] | {"small": small}}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert {variant: found.settings_of_autoencoder("small", variant) for variant in before} == before
    assert found.settings_of_autoencoder("small", "third") not in before.values()
    assert [own["name"] for own in before["both"]["zoos"]] == ["small", "narrow"]


def test_loaded_networks_are_the_same_for_all_seeds(plan):
    content = CONTENT | {"seeds": [0, 1], "populations": {"p": {"task": "iris", "networks": {"files": ["a", "b"]}}}}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert found.members("p", 1) == "results/populations/p/loaded"
    assert plan.members("small", 1) == "results/populations/small/seed1"
    assert found.files_of_networks("p") == ["a", "b"]
    assert (plan.files_of_networks("small"), plan.written()) == ([], [])
    folder = "results/my/populations/p"
    named = PopulationPlan.of(Plan.of(content | {"name": "my"}, ROOT, "my.yaml"), "my.yaml")
    pairs = ("flow-aligned", "flow-raw")
    assert named.written() == [f"{folder}/seed{seed}/{pair}" for pair in pairs for seed in (0, 1)]
    made = {"flow", "drawing flow", "frontiers"}
    assert {stage.stage.partition(",")[0] for stage in found.timed()} == made


def test_tables_and_figures_belong_to_the_run_and_stages_to_all_runs(plan):
    named = PopulationPlan.of(Plan.of(CONTENT | {"name": "my"}, ROOT, "my.yaml"), "my.yaml")
    assert (plan.folder, named.folder) == ("results/populations", "results/my/populations")
    assert named.figures() == [path.replace("results/", "results/my/") for path in plan.figures()]
    assert (named.judged(), named.timed()) == (plan.judged(), plan.timed())


def test_figures_of_populations(plan):
    folders = [path.rpartition("/")[0] for path in plan.figures()]
    assert list(dict.fromkeys(folders)) == [f"results/populations/{name}/figures" for name in ("small", "narrow")]


def test_tasks_for_fine_tuning(plan):
    tasks = ["own", {"task": "mnist", "crop": 20, "resize": 8}, {"classes": [3, 4]}]
    own = {"task": "digits", "classes": [0, 1], "transfer": {"tasks": tasks}}
    content = CONTENT | {"populations": {"p": own, "q": {"task": "iris"}}}
    found = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    whole = "results/populations/p"
    assert found.prepared_tasks("p") == [
        f"{whole}/task.safetensors",
        *(f"{whole}/transfer/{i}.safetensors" for i in (1, 2)),
    ]
    assert found.labels_of_transfer("p") == ["own", "mnist, middle 20, 8 × 8", "own, labels 3, 4"]
    assert found.last_layers_anew("p") == [False, False, True]
    keys = ("task", "crop", "resize", "classes")
    assert [[found.sections_of_other("p", i)[key] for key in keys] for i in (1, 2)] == [
        ["mnist", 20, 8, None],
        ["digits", None, None, [3, 4]],
    ]
    redrawn = [{"new_last_layer": True}, "digits", {"task": "mnist", "crop": 20, "resize": 8, "new_last_layer": True}]
    content["populations"]["p"] = own | {"transfer": {"tasks": redrawn}}
    other = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert other.last_layers_anew("p") == [True, True, True]
    assert other.labels_of_transfer("p") == [
        "own, new last layer",
        "digits",
        "mnist, middle 20, 8 × 8, new last layer",
    ]
    assert other.prepared_tasks("p")[0] == f"{whole}/task.safetensors"
    assert found.files_of_other("p", 1) == found.files_of_task("mnist")
    assert found.files_of_other("p", 2) == []
    mine = {"examples": {"file": "mine.npz"}, "transfer": {"tasks": ["digits", {"classes": ["a", "b"]}]}}
    content["populations"]["p"] = mine
    users = PopulationPlan.of(Plan.of(content, ROOT, "my.yaml"), "my.yaml")
    assert [users.examples_of_other("p", i) for i in range(2)] == [[], ["mine.npz"]]
    assert users.files_of_other("p", 1) == ["mine.npz"]
    assert found.further("transfer") == [SeedTable("p", 0, f"{whole}/seed0/metrics/transfer.csv")]
    assert found.further("transfer")[0].table in found.measured()
    assert [stage.population for stage in found.timed() if stage.stage == "fine-tuning"] == ["p"]
    drawn = [file for file in found.figures() if "transfer" in file]
    assert drawn == ["results/populations/p/figures/transfer.png"]
    assert (found.prepared_tasks("q"), found.labels_of_transfer("q")) == ([], [])
