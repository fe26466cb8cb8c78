"""Training in parallel equals training of each network by itself, and networks are saved with their recipes."""

import itertools

import numpy as np
import pandas as pd
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn import functional

from weightflow import seeding
from weightflow.errors import DivergenceError
from weightflow.networks.learning_rate import cosine_decay
from weightflow.populations import training
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.settings import ArchitectureSettings
from weightflow.populations.architectures.stacked_layers import BatchNorms
from weightflow.populations.classification import accuracy, logits, measure_norms
from weightflow.populations.initialisation import initial
from weightflow.populations.population import Population, write_population
from weightflow.populations.settings import NetworkTrainingSettings
from weightflow.populations.tasks.task import Labelled, Task
from weightflow.populations.training import train_population, tune
from weightflow.seeding import Computation

CPU = torch.device("cpu")
SETTINGS = NetworkTrainingSettings(epochs=4, checkpoints=[0, 2], at_once=8, initialisations=["he"]).but(networks=3)
TABLES = make_classifier(ArchitectureSettings(kind="mlp", widths=[6], activation="tanh"), (2,), 3)


def blobs(rng, shape: tuple[int, ...] = (2,)) -> Task:
    """Three classes about three places."""
    places = 4 * rng.standard_normal((3, *shape))

    def draw(count: int) -> Labelled:
        labels = rng.integers(3, size=count)
        return Labelled((places[labels] + rng.standard_normal((count, *shape))).astype(np.float32), labels)

    return Task(draw(60), draw(30), draw(30), 3)


@pytest.fixture
def task(rng):
    return blobs(rng)


@pytest.fixture
def train(task):
    """A population of a few small networks, given other settings."""

    def with_settings(seed: int = 0, **other) -> Population:
        return train_population(TABLES, task, SETTINGS.but(**other), Computation(seed, CPU))

    return with_settings


def test_training_lowers_the_loss_and_names_more(train):
    curves = train(epochs=40, networks=4).curves.set_index(["network", "epoch"])
    for network in range(4):
        own = curves.loc[network]
        assert own["loss"].iloc[-1] < 0.6 * own["loss"].iloc[0]
        assert own["training"].iloc[-1] > 0.8
        assert own["validation"].iloc[-1] > 0.7


def test_curves_say_what_the_checkpoints_are_worth(train, task):
    made = train()
    inputs, labels = (torch.as_tensor(part) for part in (task.training.inputs, task.training.labels))
    assert list(made.curves.columns) == ["network", "epoch", "loss", "training", "validation"]
    assert sorted(set(made.curves["epoch"])) == list(range(made.epochs[-1] + 1))
    for row in made.curves[made.curves["epoch"].isin(made.epochs)].itertuples():
        weights = torch.as_tensor(made.checkpoints[row.network, list(made.epochs).index(row.epoch)])[None]
        said = TABLES.logits(weights, inputs, BatchNorms())[0]
        assert row.loss == pytest.approx(functional.cross_entropy(said, labels).item(), rel=1e-4)
        assert row.training == pytest.approx((said.argmax(1) == labels).double().mean().item())


@pytest.mark.parametrize(
    ("asked", "epochs", "kept"),
    [([0, 2], 4, [0, 2, 4]), ([], 3, [3]), ([1, 1, 3], 3, [1, 3]), ([], 0, [0])],
)
def test_checkpoints_end_with_the_weights(train, asked, epochs, kept):
    made = train(checkpoints=asked, epochs=epochs)
    assert made.epochs.tolist() == kept
    assert made.checkpoints.shape == (3, len(kept), sum(layer.weights for layer in TABLES.layers))
    np.testing.assert_array_equal(made.checkpoints[:, -1], made.weights)
    assert all((before != after).any() for before, after in itertools.pairwise(made.checkpoints.swapaxes(0, 1)))


def test_recipes_take_turns_and_are_obeyed(train):
    """Without a learning rate a network stays where its initialisation left it."""
    ways = {"learning_rates": [0.0, 0.01], "weight_decays": [0.0, 0.1], "initialisations": ["he", "uniform"]}
    made = train(networks=16, checkpoints=[0], **ways)
    keys = ("learning_rate", "weight_decay", "initialisation")
    recipes = [tuple(recipe[key] for key in keys) for recipe in made.recipes]
    assert sorted(recipes) == sorted(2 * list(itertools.product(*ways.values())))
    for (rate, _, scheme), (begun, ended) in zip(recipes, made.checkpoints, strict=True):
        assert (begun != ended).any() == (rate > 0)
        first = begun[: TABLES.layers[0].weights].reshape(6, 3)[:, :2]
        assert (np.abs(first).max() <= 0.1) == (scheme == "uniform")


def test_decay_makes_weights_smaller(train):
    """Decay does not wait for the gradient (Loshchilov & Hutter 2019): a strong one leaves little."""
    made = train(networks=2, weight_decays=[0.0, 30.0])
    norms = np.linalg.norm(made.weights, axis=1)
    assert norms[1] < 0.5 * norms[0]


def test_every_network_begins_and_goes_its_own_way(train):
    made = train(networks=4)
    for one, two in itertools.combinations(made.checkpoints, 2):
        assert (one[0] != two[0]).any()
        assert (one[-1] - one[0] != two[-1] - two[0]).any()


OPTIMISERS = {
    "adamw": lambda own: torch.optim.AdamW(own, lr=0.01, weight_decay=0.1),
    "adam": lambda own: torch.optim.Adam(own, lr=0.01, weight_decay=0.1),
    "sgd": lambda own: torch.optim.SGD(own, lr=0.01, weight_decay=0.1, momentum=0.8),
}


@pytest.mark.parametrize("optimiser", OPTIMISERS)
@pytest.mark.parametrize("clip", [None, 1.4])
def test_a_network_is_that_of_torchs_optimiser(train, task, optimiser, clip):
    """One network of torch's own layers, with the same beginning and the same order of examples."""
    momentum = {"momentum": 0.8} if optimiser == "sgd" else {}
    constant = optimiser == "adam"
    schedule = "constant" if constant else "cosine"
    made = train(networks=1, weight_decays=[0.1], optimiser=optimiser, clip=clip, schedule=schedule, **momentum)
    generator = torch.Generator().manual_seed(seeding.integer(0, "population", 0))
    begun = initial(TABLES, 1, generator, "he")[0]
    network = nn.Sequential(nn.Linear(2, 6), nn.Tanh(), nn.Linear(6, 3))
    with torch.no_grad():
        for layer, part in zip((network[0], network[2]), begun.split([18, 21]), strict=True):
            rows = part.reshape(len(layer.bias), -1)
            layer.weight.copy_(rows[:, :-1])
            layer.bias.copy_(rows[:, -1])
    own = OPTIMISERS[optimiser](network.parameters())
    inputs, labels = (torch.as_tensor(part) for part in (task.training.inputs, task.training.labels))
    step, norms = 0, []
    for _ in range(4):
        for (batch,) in zip(torch.randperm(60, generator=generator).split(16), strict=True):
            own.param_groups[0]["lr"] = 0.01 * (1 if constant else cosine_decay(step, 16, training._LAST_RATE))
            own.zero_grad()
            functional.cross_entropy(network(inputs[batch]), labels[batch]).backward()
            if clip is not None:
                norms.append(float(nn.utils.clip_grad_norm_(network.parameters(), clip)))
            own.step()
            step += 1
    assert clip is None or min(norms) < clip < max(norms)
    rows = [torch.cat([layer.weight, layer.bias[:, None]], dim=1).flatten() for layer in (network[0], network[2])]
    np.testing.assert_allclose(made.weights[0], torch.cat(rows).detach(), atol=1e-5)


RECIPE = {"optimiser": "sgd", "clip": 0.5, "patience": 2}


@pytest.mark.parametrize("recipe", [{}, RECIPE, {"patience": 1, "epochs": 9, "checkpoints": [3]}])
@pytest.mark.parametrize("at_once", [1, 2, 3, 5])
def test_what_is_trained_at_once_does_not_matter(train, at_once, recipe):
    ways = {"learning_rates": [0.01, 0.02], "initialisations": ["he", "xavier"], **recipe}
    whole, parts = (train(networks=5, at_once=number, **ways) for number in (8, at_once))
    assert parts.recipes == whole.recipes
    np.testing.assert_allclose(parts.checkpoints, whole.checkpoints, atol=1e-5)
    keys = ["network", "epoch"]
    one, two = (made.curves.sort_values(keys, ignore_index=True) for made in (parts, whole))
    pd.testing.assert_frame_equal(one, two, rtol=1e-4)


def test_the_same_seed_gives_the_same_population(train, tmp_path):
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_population(tmp_path / name, train(seed))
    one, two, other = ((tmp_path / name).read_bytes() for name in "abc")
    assert one == two
    assert one != other


@given(st.integers(1, 5), st.integers(1, 20), st.integers(1, 25))
def test_each_network_sees_every_example_once_in_an_epoch(networks, examples, size):
    generators = [torch.Generator().manual_seed(i) for i in range(networks)]
    batches = training._batches(examples, size, generators)
    assert all(batch.shape == (networks, min(size, examples)) for batch in batches[:-1])
    seen = torch.cat(batches, dim=1)
    assert torch.equal(seen.sort(1).values, torch.arange(examples).expand(networks, -1))


@given(
    st.integers(1, 30),
    st.lists(st.sampled_from([0.1, 0.01, 0.001]), min_size=1, max_size=3),
    st.lists(st.sampled_from([0.0, 0.1]), min_size=1, max_size=2),
    st.lists(st.sampled_from(["he", "xavier"]), min_size=1, max_size=2),
)
def test_networks_of_one_optimiser_stand_together(networks, rates, decays, schemes):
    ways = {"learning_rates": rates, "weight_decays": decays, "initialisations": schemes}
    recipes = training._recipes(SETTINGS.but(networks=networks, **ways))
    assert len(recipes) == networks
    pairs = [(recipe["learning_rate"], recipe["weight_decay"]) for recipe in recipes]
    assert len(list(training._runs(pairs))) == len(set(pairs))
    counts = pd.Series(list(map(str, recipes))).value_counts()
    if len(set(rates)) * len(set(decays)) * len(set(schemes)) == len(rates) * len(decays) * len(schemes):
        assert counts.max() - counts.min() <= 1


def test_a_network_that_stops_early_keeps_its_best_epoch(train):
    whole = train(networks=6, epochs=12, checkpoints=range(13), learning_rates=[0.05])
    made = train(networks=6, epochs=12, checkpoints=[0, 3], learning_rates=[0.05], patience=2)
    assert made.epochs.tolist() == [0, 3, 12]
    found = set()
    for network in range(6):
        shares = whole.curves[whole.curves["network"] == network]["validation"].to_numpy()
        ends = [e for e in range(2, 13) if shares[: e - 1].max() >= shares[e - 1 : e + 1].max()]
        seen = shares[: ends[0] + 1] if ends else shares
        np.testing.assert_allclose(made.weights[network], whole.checkpoints[network, seen.argmax()], atol=1e-6)
        own = made.curves[made.curves["network"] == network]
        assert own["epoch"].tolist() == [*range(min(len(seen), 12)), 12]
        assert own["validation"].iloc[-1] == pytest.approx(seen.max())
        expected = whole.checkpoints[network, 3] if len(seen) > 3 else made.weights[network]
        np.testing.assert_allclose(made.checkpoints[network, 1], expected, atol=1e-6)
        found.add(len(seen))
    assert len(found) > 1  # stops of their own
    np.testing.assert_array_equal(made.checkpoints[:, -1], made.weights)


def test_checkpoints_after_the_last_stop_are_the_weights(train):
    made = train(epochs=20, checkpoints=[1, 19], learning_rates=[1e-9], patience=1)
    assert made.epochs.tolist() == [1, 19, 20]
    assert made.curves.groupby("network")["epoch"].agg(list).tolist() == [[0, 1, 20]] * 3
    np.testing.assert_array_equal(made.checkpoints[:, 1], made.weights)


IMAGE = (1, 8, 8)
VIT = ArchitectureSettings(kind="vit", patch=4, hidden=8, layers=1, heads=2)


@pytest.mark.parametrize(
    ("architecture", "recipe"),
    [
        (VIT, {"augment": "crop_flip", "dropout": 0.1, "clip": 1.0, "patience": 2}),
        (ArchitectureSettings(kind="resnet20"), {"optimiser": "sgd", "augment": "crop_flip"}),
        (ArchitectureSettings(kind="cnn", channels=[2], kernels=[3], pools=[1]), {"augment": "crop_flip", "clip": 1.0}),
        (ArchitectureSettings(kind="mlp"), {"augment": "crop_flip", "optimiser": "adam"}),
    ],
    ids=["vit", "resnet20", "cnn", "mlp"],
)
def test_the_published_recipes_train_every_classifier(rng, architecture, recipe):
    classifier, task = make_classifier(architecture, IMAGE, 3), blobs(rng, IMAGE)
    settings = SETTINGS.but(networks=2, epochs=1, checkpoints=(), **recipe)
    one, again, plain = (
        train_population(classifier, task, own, Computation(0, CPU)).weights
        for own in (settings, settings, SETTINGS.but(networks=2, epochs=1, checkpoints=()))
    )
    np.testing.assert_array_equal(one, again)
    assert np.isfinite(one).all()
    assert (one != plain).any()


@pytest.mark.parametrize("change", [{"augment": "crop_flip"}, {"dropout": 0.2}])
def test_augmentation_and_dropout_change_training_alone(rng, change):
    """Both are drawn after the initial weights and off in the curves: the first epoch is judged as without them."""
    classifier, task = make_classifier(VIT, IMAGE, 3), blobs(rng, IMAGE)
    settings = SETTINGS.but(networks=2, epochs=1, checkpoints=[0])
    one, plain = (
        train_population(classifier, task, own, Computation(0, CPU)) for own in (settings.but(**change), settings)
    )
    np.testing.assert_array_equal(one.checkpoints[:, 0], plain.checkpoints[:, 0])
    pd.testing.assert_frame_equal(one.curves[one.curves["epoch"] == 0], plain.curves[plain.curves["epoch"] == 0])
    assert (one.weights != plain.weights).any()


def test_norms_moments_are_those_of_the_training_part(rng):
    """A residual network's, which are measured and not averaged on the way."""
    classifier = make_classifier(ArchitectureSettings(kind="resnet20"), (1, 4, 4), 3)
    task = blobs(rng, (1, 4, 4))
    made = train_population(classifier, task, SETTINGS.but(networks=2, epochs=1), Computation(0, CPU))
    weights, inputs = torch.as_tensor(made.weights), torch.as_tensor(task.training.inputs)
    last = made.curves[made.curves["epoch"] == 1].set_index("network")
    said = logits(
        classifier, weights, measure_norms(classifier, weights, inputs), torch.as_tensor(task.validation.inputs)
    )
    np.testing.assert_allclose(last["validation"], accuracy(said, torch.as_tensor(task.validation.labels)), atol=1 / 29)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("activation", ["tanh", "relu"])  # weights that are finite still, and that are not
def test_divergence_is_said(task, activation):
    classifier = make_classifier(ArchitectureSettings(kind="mlp", widths=[6], activation=activation), (2,), 3)
    rates = [0.01, 1e37]
    with pytest.raises(DivergenceError, match=r"a network's training diverged; lower .*learning_rates"):
        train_population(classifier, task, SETTINGS.but(learning_rates=rates), Computation(0, CPU))


def test_more_networks_than_the_memory_holds_are_refused_before_they_are_made(train, small_machine, refused):
    with refused("1000000 networks of 39 weights at 3 epochs would take 1.02 GiB of memory"):
        train(networks=1_000_000)


TUNED = SETTINGS.but(epochs=2, checkpoints=(0, 1, 2), learning_rates=(0.01,))


@pytest.fixture
def tuned(task, rng):
    """(N, E, P) networks from given weights, and these weights."""
    begun = rng.standard_normal((3, sum(layer.weights for layer in TABLES.layers))).astype(np.float32)

    def with_settings(seed: int = 0, weights: np.ndarray = begun, **other) -> np.ndarray:
        return tune(TABLES, task, weights, TUNED, Computation(seed, CPU), **other)

    return begun, with_settings


def test_given_networks_are_trained_further(tuned, task):
    begun, tune_them = tuned
    found = tune_them()
    assert found.shape == (3, 3, begun.shape[1])
    np.testing.assert_array_equal(found[:, 0], begun)
    inputs, labels = (torch.as_tensor(part) for part in (task.training.inputs, task.training.labels))
    losses = [
        functional.cross_entropy(
            TABLES.logits(torch.as_tensor(found[:, epoch]), inputs, BatchNorms()).flatten(0, 1), labels.repeat(3)
        )
        for epoch in range(3)
    ]
    assert losses[2] < losses[1] < losses[0]


def test_each_place_has_its_own_order_of_examples_whatever_stands_there(tuned):
    begun, tune_them = tuned
    found = tune_them(weights=np.repeat(begun[:1], 3, axis=0))
    assert (found[0, -1] != found[1, -1]).any()
    np.testing.assert_array_equal(found[0], tune_them()[0])
    np.testing.assert_array_equal(tune_them(), tune_them())
    assert (tune_them(1)[:, -1] != tune_them()[:, -1]).any()


def test_the_last_layer_may_be_trained_alone(tuned):
    begun, tune_them = tuned
    found, last = tune_them(last_only=True), TABLES.layers[-1].weights
    np.testing.assert_array_equal(found[:, -1, :-last], begun[:, :-last])
    assert (found[:, -1, -last:] != begun[:, -last:]).all()


def test_every_step_is_looked_at_and_the_end(tuned):
    _, tune_them = tuned
    seen: list[tuple[int, np.ndarray]] = []
    found = tune_them(look=lambda step, weights: seen.append((step, weights.numpy().copy())))
    assert [step for step, _ in seen] == list(range(9))  # two epochs of four batches
    for step, epoch in ((0, 0), (4, 1), (8, 2)):
        np.testing.assert_array_equal(seen[step][1], found[:, epoch])


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_divergence_of_tuning_is_said(tuned, task):
    settings = TUNED.but(learning_rates=(1e37,))
    with pytest.raises(
        DivergenceError, match=r"fine-tuning diverged; lower populations\.\*\.transfer\.learning_rate\."
    ):
        tune(TABLES, task, tuned[0], settings, Computation(0, CPU))
