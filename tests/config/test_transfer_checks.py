"""Labels that a task does not have, and tasks for fine-tuning that do not fit, are refused in one sentence."""

import pytest

from weightflow.config.transfer_checks import check_transfers
from weightflow.populations.tasks.catalogue import input_shapes, label_counts, read_catalogue


@pytest.fixture
def check(complete, root):
    catalogue = read_catalogue(root / "resources" / "tasks.yaml")

    def run(*tasks, **settings) -> None:
        own = {**({} if "examples" in settings else {"task": "digits"}), **settings}
        whole = complete(
            {
                "datasets": {"d": {"system": "epidemic"}},
                "populations": {"p": own | {"transfer": {"tasks": list(tasks)}}},
            }
        )
        check_transfers(whole.populations, input_shapes(catalogue), label_counts(catalogue), "my.yaml")

    return run


def test_tasks_that_fit(check):
    check(
        "own",
        "digits",
        {"task": "mnist", "resize": 8},
        {"classes": [5, 6]},
        {"task": "mnist", "resize": 8, "classes": [1, 0]},
    )
    check("own", "fashion_mnist", {"task": "digits", "resize": 28}, task="mnist")
    check({"task": "digits", "resize": 14}, {"classes": [0, 1]}, task="mnist", resize=14)
    check("own", "wine", {"classes": ["cat", "dog"]}, examples={"file": "a.npz"}, classes=["eel", "dog"])
    check("own", task="snapshot", snapshot={"dataset": "d"}, architecture={"kind": "gru"})


SNAPSHOT = {"task": "snapshot", "snapshot": {"dataset": "d"}, "architecture": {"kind": "gru"}}
CASES = {
    "an unknown task": (["mnits"], {}, r"transfer\.tasks\.0: unknown task 'mnits'; did you mean 'mnist'"),
    "another shape": (
        ["own", "mnist"],
        {},
        r"transfer\.tasks\.1: inputs of mnist have shape \(1, 28, 28\), and the networks read \(1, 8, 8\); give it "
        "resize: 8",
    ),
    "another size than the population's": (
        ["digits"],
        {"task": "mnist", "resize": 14},
        r"inputs of digits have shape \(1, 8, 8\), and the networks read \(1, 14, 14\); give it resize: 14",
    ),
    "colours": (["cifar10"], {}, "inputs of cifar10 have shape .* remove it"),
    "a table": (["iris"], {}, "inputs of iris have shape .* remove it"),
    "a table in another size": (
        [{"task": "iris", "resize": 8}],
        {},
        r"transfer\.tasks\.0\.resize: the inputs of iris are no images",
    ),
    "a label of the other task": (
        [{"task": "mnist", "resize": 8, "classes": [0, 10]}],
        {},
        r"transfer\.tasks\.0\.classes: unknown label '10'",
    ),
    "a label of the own task": ([{"classes": [0, 12]}], {}, r"transfer\.tasks\.0\.classes: unknown label '12'"),
    "a label of the population": ([], {"classes": [3, 10]}, r"\.classes: unknown label '10'"),
    "labels of states": ([], SNAPSHOT | {"classes": [0, 1]}, r"\.classes: the labels of states are counts"),
    "another task of states": (["iris"], SNAPSHOT, r"unknown task 'iris'; allowed: own"),
    "states in another size": (
        [{"resize": 8}],
        SNAPSHOT,
        r"transfer\.tasks\.0\.resize: the inputs of the task snapshot are states and no images",
    ),
    "the own table in another size": (
        [{"resize": 8}],
        {"task": "iris"},
        r"transfer\.tasks\.0\.resize: the inputs of iris are no images",
    ),
    "more than there is": (
        [{"task": "mnist", "crop": 29, "resize": 8}],
        {},
        r"transfer\.tasks\.0\.crop: images of mnist have 28 × 28 pixels, fewer; lower it",
    ),
    "twice": (["own", {"classes": None}], {}, r"transfer\.tasks: the task 'own' stands twice"),
}


@pytest.mark.parametrize("case", CASES)
def test_what_does_not_fit_is_refused(check, refused, case):
    tasks, settings, sentence = CASES[case]
    with refused(rf"^my\.yaml: populations\.p.*{sentence}"):
        check(*tasks, **settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"classes": [3]}, r"populations\.p\.classes: .* is too short; give at least 2"),
        ({"classes": [3, 3]}, r"populations\.p\.classes: 3 stands twice"),
        ({"resize": 0}, r"populations\.p\.resize: 0 is out of range"),
    ],
)
def test_a_single_label_and_no_pixel_are_refused(check, refused, settings, sentence):
    with refused(sentence):
        check(**settings)
