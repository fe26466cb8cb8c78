"""The cases: each measures some numbers, in a process of its own."""

import statistics
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
import whole_runs
from measuring import Measured, by_turns, growth, repeated
from published_step import PlainField, draw_starts, loss
from workloads import CPU, EPIDEMIC, backbone_of, counts, epidemic, settings

from weightflow import seeding
from weightflow.anchors.training import train_anchors, train_anchors_of_seeds
from weightflow.baselines.interpolated_weights import natural_spline
from weightflow.data.snapshots import Snapshots
from weightflow.density.weighted_states import marginals
from weightflow.dynamics.field_files import make_field
from weightflow.dynamics.field_fitting import Material, StepTerms, fit_dynamics
from weightflow.dynamics.latent_path import fit_latent_path
from weightflow.dynamics.released import load_field_of_release
from weightflow.dynamics.settings import ModelSettings, SolverSettings
from weightflow.dynamics.spline_fitting import fit_spline
from weightflow.dynamics.weight_graph import build_weight_graph
from weightflow.dynamics.weight_spline import knot_times, through
from weightflow.evaluation import metrics
from weightflow.networks.alignment import align_to
from weightflow.networks.backbones import make_backbone
from weightflow.networks.released_files import tokens_of_release
from weightflow.networks.released_names import FIELD
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.population import reference_of
from weightflow.populations.reduction import fit_reduction
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.by_name import named_task
from weightflow.populations.training import train_population
from weightflow.populations.weight_flow import WeightFlow
from weightflow.seeding import Computation
from weightflow.teaching.teachers import Lesson, lesson

ON_CPU = Computation(0, CPU)
RK4 = SolverSettings()


def anchors() -> list[Measured]:
    """All eleven anchors of the epidemic, and how good they are beside those of the paper's schedule."""
    data = epidemic()
    backbone = backbone_of(data, position=False)

    def train(**changes):
        own = settings(anchors=changes).anchors
        return train_anchors(backbone, data.coordinates, data.observed_times, own, ON_CPU)

    found = repeated(train, 3)
    ours, paper = (_mean_nll(backbone, train(**changes).weights, data) for changes in ({}, {"alignment": "sequential"}))
    return [
        Measured("anchors of 11 snapshots", statistics.median(found), "s", "≤ 12", found),
        Measured("their mean NLL over that of sequential anchors", ours - paper, "nats per state", "≤ 0"),
    ]


def published_error() -> list[Measured]:
    """From raw data to a model as good as the published one: anchors, and the natural spline through them."""
    data = epidemic()
    backbone = backbone_of(data)

    def model():
        made = train_anchors(backbone, data.coordinates, data.observed_times, settings().anchors, ON_CPU)
        weights = natural_spline(made.times, made.weights, data.times)
        networks, generator = torch.as_tensor(weights, dtype=torch.float32), torch.Generator().manual_seed(0)
        return backbone.sample(networks, 1000, generator).numpy()

    found = repeated(model, 3)
    return [
        Measured("raw data to samples at all times", statistics.median(found), "s", "≤ 20", found),
        Measured("their released W", _released_w(model(), data), "", "≤ 0.110"),
    ]


def training_step() -> list[Measured]:
    """The released step of one batch with its gradient, written plainly: every start on its own; and the preset's."""
    data, model = epidemic(), ModelSettings.of({"preset": "published", "dynamics": {"dropout": 0}}, "a benchmark")
    backbone = make_backbone(model.backbone, data.variables, data.space)
    anchors = train_anchors(backbone, data.coordinates, data.observed_times, model.anchors, ON_CPU)
    graph = build_weight_graph(backbone.layers, anchors.weights, anchors.times, "of a benchmark", model.backbone)
    path, _ = fit_latent_path(graph.weights, model.path, 0)
    sizes = (64, 128, 2, 4, 256)
    plain = PlainField(backbone.inputs, 8, backbone.head.outputs, torch.as_tensor(path, dtype=torch.float32), sizes)
    field = make_field(graph, path, model.dynamics, 0)
    terms = StepTerms(field, Material(graph), model.solver, model.training, CPU)
    with TemporaryDirectory() as folder:  # equal parameters
        torch.save(plain.state_dict(), Path(folder) / FIELD)
        load_field_of_release(folder, field)
    times = torch.as_tensor(graph.times / len(data.times), dtype=torch.float32)
    tokens = torch.as_tensor(tokens_of_release(graph.weights, graph.layers))

    def ours(seed: int) -> torch.Tensor:
        return torch.stack(list(terms(np.random.default_rng(seed)).values())).sum()

    def theirs(seed: int) -> torch.Tensor:
        starts, horizon = draw_starts(np.random.default_rng(seed), len(times))
        return loss(plain, tokens, times, starts, horizon, model.training.energy)

    batches = range(5)
    apart = max(abs(theirs(seed).item() / ours(seed).item() - 1) for seed in batches)

    def through_all(step):
        return lambda: [step(seed).backward() for seed in batches]

    fast, slow = by_turns(through_all(ours), through_all(theirs), 3, 1)
    ratios = [b / a for a, b in zip(fast, slow, strict=True)]
    return [
        Measured("steps per second, ours over plain", statistics.median(ratios), "×", "≥ 15", ratios),
        Measured("relative difference of the two losses", apart, "", "≤ 1e-5"),
        Measured("ours, a step", 1e3 * statistics.median(fast) / len(batches), "ms"),
    ]


def seeds() -> list[Measured]:
    """The anchors of eight seeds side by side, over those of one; on a card, if there is one."""
    data, device = epidemic(), torch.device("cuda" if torch.cuda.is_available() else "cpu")
    backbone, own = backbone_of(data, position=False), settings().anchors

    def train(count: int):
        train_anchors_of_seeds(backbone, data.coordinates, data.observed_times, own, range(count), device)
        if device.type == "cuda":
            torch.cuda.synchronize()

    several, one = by_turns(lambda: train(8), lambda: train(1), 3, 1)
    ratios = [a / b for a, b in zip(several, one, strict=True)]
    target = "≤ 2" if device.type == "cuda" else ""
    return [
        Measured(f"anchors of 8 seeds over those of one, on {device}", statistics.median(ratios), "×", target, ratios)
    ]


def default_model() -> list[Measured]:
    """From nothing to the default model of the epidemic, its samples and its metrics: one seed, every stage."""
    config = {
        "seeds": [0],
        "datasets": {"epidemic": EPIDEMIC},
        "models": {"weightflow": {"backbone": {"position": False}}},
    }
    with whole_runs.folder() as where:
        seconds = whole_runs.run(where, "results/epidemic/runs/weightflow/seed0/metrics.csv", config=config)
        w, nll = (whole_runs.mean_of(where, "epidemic", "weightflow", metric) for metric in ("w_marginal", "nll"))
    return [
        Measured("a seed of the default model, all stages, two cores", seconds, "s", "≤ 150"),
        Measured("its W", w, "", "≤ 0.110"),
        Measured("its negative log-likelihood", nll, "nats per variable"),
    ]


def default_run() -> list[Measured]:
    """What `make run` does once everything is installed."""
    with whole_runs.folder() as where:
        return [Measured("snakemake --cores 8 --resources gpu=1", whole_runs.run(where) / 60, "min", "≤ 6")]


def scaling() -> list[Measured]:
    """How anchors, fits and sampling grow with the size of the data."""
    axes = {
        "variables d": ("variables", [3, 15, 100, 1000]),
        "snapshots K": ("snapshots", [5, 20, 60, 200]),
        "levels L": ("levels", [16, 64, 256, 1024]),
        "states N of a snapshot": ("states", [1_000, 10_000, 100_000, 1_000_000]),
    }
    found = []
    for axis, (key, sizes) in axes.items():
        for stage, work_of in _STAGES.items():
            exponent, times = growth(sizes, lambda size, key=key, of=work_of: of(counts(**{key: size})), 1)
            detail = {"stage": stage, "axis": axis, "sizes": sizes, "seconds": times}
            found.append(Measured(f"{stage}: exponent in {axis}", exponent, "", "≤ 1.1", detail=detail))
    return found


def memory() -> list[Measured]:
    """The default model of a million states of a hundred variables, every stage, with few steps of each fit."""
    with whole_runs.folder() as where:
        data = counts(variables=100, snapshots=5, levels=64, states=200_000)
        np.save(where / "many.npy", np.stack(data.training, axis=1).astype(np.uint8))
        del data
        few = {"anchors": {"first_steps": 5, "steps": 5}, "spline": {"steps": 5}, "selection": {"steps": 5}}
        config = {
            "seeds": [0],
            "datasets": {"many": {"file": "many.npy", "kind": "discrete"}},
            "models": {"weightflow": few},
        }
        seconds = whole_runs.run(where, "results/many/runs/weightflow/seed0/metrics.csv", config=config)
        largest = whole_runs.largest_job_mb() / 1024
    return [
        Measured("largest job, 10⁶ states of 100 variables", largest, "GiB", "≤ 4"),
        Measured("all stages, few steps", seconds, "s"),
    ]


def _anchors(data: Snapshots) -> Callable[[], object]:
    backbone, own = backbone_of(data), settings(anchors={"first_steps": 5, "steps": 5}).anchors
    return lambda: train_anchors(backbone, data.coordinates, data.observed_times, own, ON_CPU)


def _spline(data: Snapshots) -> Callable[[], object]:
    backbone, own, times = backbone_of(data), settings(spline={"steps": 10}).spline, data.observed_times
    start = through(times, _fresh(backbone, len(times)), knot_times(times, own.knots, own.first_knots))
    told = _snapshots_alone(data)
    return lambda: fit_spline(backbone, start, told, own, {"curvature": 10, "roughness": 0.003}, ON_CPU)


def _field(data: Snapshots) -> Callable[[], object]:
    """A neural ODE that is judged at the snapshots and goes through all of them, its tokens mixed by messages."""
    backbone, times = backbone_of(data), data.observed_times
    own = settings(dynamics={"kind": "ode", "mixer": "messages"}, training={"steps": 3, "behavioural": 1.0})
    graph = build_weight_graph(backbone.layers, _fresh(backbone, len(times)), times, "of a benchmark", own.backbone)
    field, material = make_field(graph, None, own.dynamics, 0), Material(graph, (), backbone, _snapshots_alone(data))
    return lambda: fit_dynamics(field, material, RK4, own.training.but(checkpoint_every=0), ON_CPU)


def _sampling(data: Snapshots) -> Callable[[], object]:
    backbone = backbone_of(data)
    networks = torch.as_tensor(_fresh(backbone, len(data.times)))
    count = len(data.training[0])
    return lambda: [backbone.sample(one, count, torch.Generator().manual_seed(0)) for one in networks.split(1)]


def _fresh(backbone, count: int) -> np.ndarray:
    return backbone.initial(1, torch.Generator().manual_seed(0)).numpy().repeat(count, axis=0)


def _snapshots_alone(data: Snapshots) -> Lesson:
    return lesson(None, data.observed, data.observed_times, data.space, 1, seeding.stream(0, "lesson"))


_STAGES = {"anchors": _anchors, "learned spline": _spline, "neural ODE": _field, "sampling": _sampling}


def _mean_nll(backbone, weights: np.ndarray, data: Snapshots) -> float:
    networks, states = torch.as_tensor(weights), [torch.as_tensor(s) for s in data.coordinates]
    with torch.no_grad():
        parts = [-backbone.log_prob(w[None], s).mean() for w, s in zip(networks, states, strict=True)]
    return torch.stack(parts).mean().item()


def _released_w(samples: np.ndarray, data: Snapshots) -> float:
    even, found = np.full(1000, 1e-3), []
    for t in range(1, len(data.times)):
        levels = 1 + max(int(samples[t].max()), int(data.heldout[t].max()))
        p, q = (marginals(states, even, levels) for states in (samples[t], data.heldout[t]))
        found.append(metrics.w_marginal(p, q))
    return float(np.mean(found))


def population() -> list[Measured]:
    """A hundred networks that know irises, and a hundred more from a flow over their weights."""
    chosen = PopulationSettings(task="iris")
    task = named_task(chosen.task, chosen.split, {})
    classifier = make_classifier(chosen.architecture, task.shape, task.classes)

    def train():
        return train_population(classifier, task, chosen.training, ON_CPU)

    trained = train()
    reference = trained.weights[reference_of(trained, chosen.alignment.reference)]
    weights = align_to(classifier.layers, classifier.symmetries, trained.weights, reference)
    trainings = repeated(train, 3)

    def flow():
        reduction = fit_reduction(weights, chosen.flow.components, chosen.flow.reduction)
        return WeightFlow.to(weights, reduction, chosen.flow, ON_CPU).draw(chosen.generated, 0)

    flows = repeated(flow, 3)
    return [
        Measured("100 networks of Iris trained", statistics.median(trainings), "s", "≤ 5", trainings),
        Measured("flow over them fitted, 100 drawn", statistics.median(flows), "s", "≤ 30", flows),
    ]


_WHOLE = (default_model, default_run)
CASES = {
    case.__name__: case
    for case in (anchors, published_error, training_step, seeds, population, *_WHOLE, scaling, memory)
}
