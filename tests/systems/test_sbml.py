"""Models in SBML against the same networks written as system files."""

import builtins

import numpy as np
import pytest
import yaml

from weightflow.errors import InputError
from weightflow.systems.expressions import evaluate
from weightflow.systems.reading import read_system
from weightflow.systems.sbml import read_sbml
from weightflow.systems.simulation import simulate

pytest.importorskip("libsbml", reason="pip install -r requirements-sbml.txt")

MATH = 'xmlns="http://www.w3.org/1998/Math/MathML"'
TIME = '<csymbol encoding="text" definitionURL="http://www.sbml.org/sbml/symbols/time">t</csymbol>'


def ci(*names: str) -> str:
    return "".join(f"<ci>{name}</ci>" for name in names)


def apply(operation: str, *parts: str) -> str:
    return f"<apply><{operation}/>{''.join(parts)}</apply>"


def species(name: str, amount="10", **others) -> str:
    attributes = {"initialAmount": amount, "hasOnlySubstanceUnits": "true", "boundaryCondition": "false"} | others
    text = " ".join(f'{key}="{value}"' for key, value in ({"constant": "false"} | attributes).items() if value)
    return f'<species id="{name}" compartment="cell" {text}/>'


def side(of: str, *terms: tuple[str, str]) -> str:
    references = [
        f'<speciesReference species="{name}" stoichiometry="{number}" constant="true"/>' for name, number in terms
    ]
    return f"<listOf{of}>{''.join(references)}</listOf{of}>" if terms else ""


def reaction(name: str, reactants, products, law: str, reversible="false", local: str = "") -> str:
    kinetic = f"<kineticLaw><math {MATH}>{law}</math>{local}</kineticLaw>" if law else ""
    sides = side("Reactants", *reactants) + side("Products", *products)
    return f'<reaction id="{name}" reversible="{reversible}">{sides}{kinetic}</reaction>'


def model(all_species: str, reactions: str, parameters: dict[str, float], size="1", more: str = "", before="") -> str:
    constants = "".join(f'<parameter id="{k}" value="{v}" constant="true"/>' for k, v in parameters.items())
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<sbml xmlns="http://www.sbml.org/sbml/level3/version2/core" level="3" version="2"><model id="m" name="Test model">
{before}<listOfCompartments><compartment id="cell" size="{size}" spatialDimensions="3" constant="true"/>
</listOfCompartments><listOfSpecies>{all_species}</listOfSpecies>
<listOfParameters>{constants}</listOfParameters>{more}<listOfReactions>{reactions}</listOfReactions></model></sbml>"""


BIRTH = reaction("birth", [], [("X", "1")], ci("k"))
DEATH = reaction("death", [("X", "1")], [], apply("times", ci("d"), ci("X")))
RATES = {"k": 0.1, "d": 0.01}
BIRTH_DEATH = model(species("X"), BIRTH + DEATH, RATES)


@pytest.fixture
def read(tmp_path):
    """Read a model by way of a system file."""

    def write_and_read(text: str, **others):
        (tmp_path / "model.xml").write_text(text)
        wrapper = {"kind": "sbml", "model": "model.xml", "grid": {"points": 5, "step": 2}, **others}
        (tmp_path / "system.yaml").write_text(yaml.safe_dump(wrapper))
        return read_system(tmp_path / "system.yaml")

    return write_and_read


def assert_same(found, expected) -> None:
    """The same changes, and propensities at random states and times."""
    assert found.species == expected.species
    states = np.random.default_rng(0).integers(0, 60, (30, len(found.species)))
    for ours, theirs in zip(found.reactions, expected.reactions, strict=True):
        assert ours.change.tolist() == theirs.change.tolist()
        for t in (0.0, 1.7):
            assert evaluate(ours.propensity, states, t) == pytest.approx(evaluate(theirs.propensity, states, t))


def test_birth_and_death_is_the_built_in_one(read, root):
    network = read(BIRTH_DEATH, title="Mine")
    assert_same(network, read_system(root / "resources" / "systems" / "birth_death.yaml"))
    assert network.initial.tolist() == [10]
    assert (network.title, network.points, network.step) == ("Mine", 5, 2)
    assert read(BIRTH_DEATH).title == "Test model"
    assert simulate(network, 20, seed=0).shape == (20, 5, 1)


def test_the_toggle_switch_is_the_built_in_one(read, root):
    decay = [reaction(f"decay{p}", [(p, "1")], [], apply("times", ci("decay", p))) for p in ("Px", "Py")]
    make = [
        reaction(f"make{p}", [(g, "1")], [(g, "1"), (p, "1")], apply("times", ci("production", g)))
        for g, p in (("Gx", "Px"), ("Gy", "Py"))
    ]
    pairs = (("Gy", "Px"), ("Gx", "Py"))
    bind = [
        reaction(
            f"bind{g}",
            [(g, "1"), (p, "2")],
            [],
            apply("times", ci("binding", g), apply("power", ci(p), "<cn>2</cn>")),
        )
        for g, p in pairs
    ]
    free = [
        reaction(
            f"free{g}",
            [],
            [(g, "1"), (p, "2")],
            apply("times", ci("unbinding"), apply("minus", "<cn>1</cn>", ci(g))),
        )
        for g, p in pairs
    ]
    names = [species("Gx", "1"), species("Gy", "1"), species("Px", "0"), species("Py", "0")]
    rates = {"production": 50, "decay": 1, "binding": 1e-4, "unbinding": 0.1}
    found = read(model("".join(names), "".join([*make, *decay, *bind, *free]), rates))
    expected = read_system(root / "resources" / "systems" / "toggle_switch.yaml")
    assert_same(found, expected)
    assert found.initial.tolist() == expected.initial.tolist()


@pytest.mark.parametrize(
    ("law", "written_out"),
    [
        (apply("plus", ci("X", "k"), TIME), "X + 0.1 + t"),
        (apply("minus", ci("X")), "-X"),
        (apply("divide", ci("X"), apply("plus", ci("k", "X"))), "X / (0.1 + X)"),
        (apply("root", ci("X")), "sqrt(X)"),
        (apply("root", "<degree><cn>3</cn></degree>", ci("X")), "X ** (1 / 3)"),
        (apply("ln", apply("exp", ci("X"))), "log(exp(X))"),
        (apply("log", apply("plus", ci("X"), "<cn>1</cn>")), "log(X + 1) / log(10)"),
        (
            apply("times", ci("X"), "<pi/>", apply("sin", TIME), apply("cos", "<exponentiale/>")),
            "X*pi*sin(t)*cos(exp(1))",
        ),
        (apply("max", ci("X", "k"), '<cn type="e-notation">2<sep/>1</cn>'), "max(max(X, 0.1), 20)"),
        (apply("power", apply("minus", "<cn>2</cn>"), "<cn>2</cn>"), "4"),
        ('<cn type="rational">1<sep/>4</cn>', "0.25"),
    ],
)
def test_formulas_mean_what_mathml_means(read, tmp_path, law, written_out):
    odd = reaction("odd", [("X", "40")], [], law)  # cannot fire at first, so any value passes
    found = read(model(species("X"), BIRTH + odd, RATES))
    content = {
        "title": "",
        "species": ["X"],
        "reactions": [{"equation": "0 -> X", "rate": 0.1}, {"equation": "40 X -> 0", "propensity": written_out}],
        "initial": {"X": 10},
        "grid": {"points": 5, "step": 2},
    }
    (tmp_path / "same.yaml").write_text(yaml.safe_dump(content))
    assert_same(found, read_system(tmp_path / "same.yaml"))


def test_concentrations_are_counts_over_the_volume(read):
    text = species("X", "", initialConcentration="5", hasOnlySubstanceUnits="false")
    network = read(model(text, BIRTH + DEATH, RATES, size="2"))
    assert network.initial.tolist() == [10]
    assert evaluate(network.reactions[1].propensity, np.array([[10]]), 0.0) == pytest.approx(0.01 * 5)


def test_what_never_changes_is_a_parameter(read):
    fed = reaction("fed", [("food", "1")], [("X", "2")], apply("times", ci("d", "food", "cell")))
    network = read(model(species("X") + species("food", "4", boundaryCondition="true"), fed, RATES, size="3"))
    assert network.species == ("X",)
    assert network.reactions[0].change.tolist() == [2]
    assert evaluate(network.reactions[0].propensity, np.array([[1]]), 0.0) == pytest.approx(0.01 * 4 * 3)


def test_local_parameters_are_those_of_their_reaction(read):
    local = '<listOfLocalParameters><localParameter id="d" value="7"/></listOfLocalParameters>'
    mine = reaction("mine", [("X", "1")], [], apply("times", ci("d", "X")), local=local)
    network = read(model(species("X"), DEATH + mine, RATES))
    values = [evaluate(one.propensity, np.array([[3]]), 0.0)[0] for one in network.reactions]
    assert values == pytest.approx([0.03, 21])


def test_functions_and_initial_assignments_are_written_out(read):
    function = (
        f'<listOfFunctionDefinitions><functionDefinition id="twice"><math {MATH}><lambda><bvar>{ci("y")}</bvar>'
        f"{apply('times', '<cn>2</cn>', ci('y'))}</lambda></math></functionDefinition></listOfFunctionDefinitions>"
    )
    assignment = (
        f'<listOfInitialAssignments><initialAssignment symbol="X"><math {MATH}>'
        f"{apply('times', '<cn>30</cn>', ci('k'))}</math></initialAssignment></listOfInitialAssignments>"
    )
    die = reaction("die", [("X", "1")], [], f"<apply>{ci('twice', 'X')}</apply>")
    network = read(model(species("X"), die, RATES, before=function, more=assignment))
    assert network.initial.tolist() == [3]
    assert evaluate(network.reactions[0].propensity, np.array([[3]]), 0.0) == pytest.approx(6)


EVENT = (
    f'<listOfEvents><event useValuesFromTriggerTime="true"><trigger initialValue="true" persistent="true"><math {MATH}>'
    f"{apply('gt', TIME, '<cn>1</cn>')}</math></trigger></event></listOfEvents>"
)
RULE = f'<listOfRules><rateRule variable="X"><math {MATH}><cn>1</cn></math></rateRule></listOfRules>'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<not sbml", "not valid SBML; line 1: "),
        ("<html/>", "not valid SBML"),
        (BIRTH_DEATH.replace("</model>", EVENT + "</model>"), "the model has events"),
        (model(species("X"), BIRTH, RATES, more=RULE), "the model has rules"),
        (model(species("X"), "", RATES), "the model has no reactions"),
        (model(species("X", "1.5"), BIRTH, RATES), "the species 'X' starts at 1.5; a count is a whole number"),
        (model(species("X", ""), BIRTH, RATES), "the species 'X' has no initial amount"),
        (model(species("X", substanceUnits="mole"), BIRTH, RATES), "the species 'X' is measured in moles"),
        (
            model(species("X"), reaction("r", [("X", "1")], [], ci("k"), reversible="true"), RATES),
            "the reaction 'r' is reversible, so its rate may be negative; split it into two",
        ),
        (
            model(species("X"), reaction("r", [("X", "0.5")], [], ci("k")), RATES),
            "the reaction 'r' has a stoichiometry of 'X' that is no whole number",
        ),
        (model(species("X"), reaction("r", [("X", "1")], [], ""), RATES), "the reaction 'r' has no kinetic law"),
        (
            model(species("X"), reaction("r", [("X", "1")], [], apply("tanh", ci("X"))), RATES),
            r"the reaction 'r' has 'tanh\(X\)' in its kinetic law; use arithmetic",
        ),
        (
            model(species("X"), reaction("r", [("X", "1")], [], apply("minus", ci("X"))), RATES),
            r"reactions\.0: the propensity of 'r' is -10 in the initial state",
        ),
    ],
)
def test_what_has_no_meaning_for_counts_is_refused_by_name(read, refused, text, sentence):
    with refused(rf"model\.xml: .*{sentence}"):
        read(text)


def test_a_missing_model_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match=r"none\.xml: there is no such SBML model"):
        read_sbml(tmp_path / "none.xml")


def test_without_libsbml_the_sentence_says_how_to_install_it(read, monkeypatch):
    original = builtins.__import__

    def without(name, *args, **kwargs):
        if name == "libsbml":
            raise ImportError(name)
        return original(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InputError, match=r"pip install -r requirements-sbml\.txt"):
        read(BIRTH_DEATH)
