"""Models in SBML against the same networks written as system files."""

import builtins
import re

import numpy as np
import pytest
import yaml
from scipy.linalg import expm
from scipy.stats import binom

from weightflow.errors import InputError
from weightflow.laws.solvers import solve_law
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
ALGEBRAIC = f"<listOfRules><algebraicRule><math {MATH}>{ci('k')}</math></algebraicRule></listOfRules>"
EXCHANGE = reaction(
    "exchange",
    [("X", "1")],
    [("Y", "1")],
    apply("minus", apply("times", ci("k", "X")), apply("times", ci("d", "Y"))),
    reversible="true",
)


def assignment(*rules: str) -> str:
    """Assignment rules: variables and formulas in turn."""
    texts = [
        f'<assignmentRule variable="{name}"><math {MATH}>{formula}</math></assignmentRule>'
        for name, formula in zip(rules[::2], rules[1::2], strict=True)
    ]
    return f"<listOfRules>{''.join(texts)}</listOfRules>"


def piecewise(*pieces) -> str:
    """Pairs of a value and its condition, and last the value of the other cases."""
    texts = [f"<piece>{''.join(p)}</piece>" if isinstance(p, tuple) else f"<otherwise>{p}</otherwise>" for p in pieces]
    return f"<piecewise>{''.join(texts)}</piecewise>"


def of(law: str) -> str:
    """A reaction that makes X at this rate, and says that it is reversible."""
    return reaction("made", [], [("X", "1")], law if "<" in law else ci(law), reversible="true")


def values(network, states, t: float = 0.0) -> list[list[float]]:
    """The propensities of every reaction."""
    return [evaluate(one.propensity, np.array(states), t).tolist() for one in network.reactions]


@pytest.mark.parametrize("reversible", ["true", "false"])
def test_a_law_that_is_never_negative_runs_one_way_whatever_is_said(read, reversible):
    pairs = apply("divide", apply("times", ci("k", "X"), apply("minus", ci("X"), "<cn>1</cn>")), ci("cell"))
    network = read(model(species("X"), reaction("pair", [("X", "2")], [], pairs, reversible=reversible), RATES))
    assert [one.name for one in network.reactions] == ["pair"]
    assert values(network, [[0], [1], [2], [5]]) == [pytest.approx([0, 0, 0.2, 2])]


def test_level_2_is_reversible_where_it_says_nothing(read):
    text = BIRTH_DEATH.replace("level3/version2/core", "level2/version4").replace('level="3" version="2"', XML_2)
    text = text.replace(' reversible="false"', "").replace(' constant="true"/></listOf', "/></listOf")
    text = re.sub(r'(<speciesReference [^>]*) constant="true"', r"\1", text)
    assert_same(read(text), read(BIRTH_DEATH))


XML_2 = 'level="2" version="4"'


def test_a_forward_minus_a_backward_rate_makes_two_reactions(read):
    network = read(model(species("X") + species("Y", "4"), EXCHANGE, {"k": 3, "d": 0.5}))
    assert [(one.name, one.change.tolist()) for one in network.reactions] == [
        ("exchange", [-1, 1]),
        ("exchange (backward)", [1, -1]),
    ]
    assert values(network, [[10, 4], [0, 7]]) == [[30, 0], [2, 3.5]]


def test_what_never_changes_can_be_a_product(read):
    network = read(model(species("X") + species("Y", "4", boundaryCondition="true"), EXCHANGE, {"k": 3, "d": 0.5}))
    assert [one.change.tolist() for one in network.reactions] == [[-1], [1]]
    assert values(network, [[10], [0]]) == [[30, 0], [2, 2]]


def test_the_law_of_a_split_reaction_is_the_matrix_exponential(read):
    network = read(model(species("X", "6") + species("Y", "0"), EXCHANGE, {"k": 0.3, "d": 0.2}), grid=GRID)
    generator = np.zeros((7, 7))  # over the numbers of X
    for x in range(7):
        for target, rate in ((x - 1, 0.3 * x), (x + 1, 0.2 * (6 - x))):
            if rate:
                generator[target, x] += rate
                generator[x, x] -= rate
    law = solve_law(network, 1000, 1e-9)
    for i, t in enumerate((0, 0.5, 1, 1.5)):
        assert law.marginals(i, 7)[0] == pytest.approx(expm(t * generator)[:, 6], abs=1e-10)


GRID = {"points": 4, "step": 0.5}


def test_names_of_python_and_of_the_time_are_names_here(read):
    text = model(species("t") + species("None"), PYTHON, {"lambda": 3, "sin": 2, "lambda_": 5, "pi": 7})
    network = read(text)
    assert network.species == ("t", "None")
    assert [one.change.tolist() for one in network.reactions] == [[1, 0], [-1, 1]]
    assert values(network, [[10, 4]], t=100.0) == [[3 * 5 + 7], [2 * 10 * 4 + 100]]
    with pytest.raises(InputError, match=r"the species 'None' starts at 1\.5; a count"):
        read(text.replace('id="None" compartment="cell" constant="false" initialAmount="10"', HALF))


HALF = 'id="None" compartment="cell" constant="false" initialAmount="1.5"'
PYTHON = reaction("is", [], [("t", "1")], apply("plus", apply("times", ci("lambda", "lambda_")), ci("pi"))) + reaction(
    "not", [("t", "1")], [("None", "1")], apply("plus", apply("times", ci("sin", "t", "None")), TIME)
)


def test_assignment_rules_are_written_out(read):
    rules = assignment(
        "kon",
        apply("times", ci("k", "half")),
        "half",
        apply("divide", ci("d", "total")),
        "total",
        apply("plus", ci("X", "Y"), TIME),
    )
    made = of(apply("times", ci("kon", "X")))
    free = '<parameter id="{}" constant="false"/>'
    text = model(species("X") + species("Y") + species("total", ""), made, {"k": 3, "d": 8}, more=rules)
    text = text.replace("</listOfParameters>", f"{free.format('kon')}{free.format('half')}</listOfParameters>")
    network = read(text)
    assert network.species == ("X", "Y")
    assert values(network, [[3, 4], [1, 0]], t=1.0) == [pytest.approx([3 * 8 / 8 * 3, 3 * 8 / 2 * 1])]


def test_rules_that_double_are_refused_before_they_are_written_out(read, refused):
    rules = [part for i in range(60) for part in (f"r{i}", apply("plus", ci(f"r{i + 1}", f"r{i + 1}")))]
    text = model(species("X"), of("r0"), {f"r{i}": 1 for i in range(61)}, more=assignment(*rules))
    with refused("more than 100000 terms once functions and rules are written out"):
        read(text)


@pytest.mark.parametrize("number", [150, 3000])
def test_long_chains_of_rules_are_refused(read, refused, number):
    link = apply("times", ci("k"), apply("plus", ci("d"), apply("plus", ci("d"), apply("minus", ci("{}")))))
    rules = [part for i in range(number) for part in (f"r{i}", link.format(f"r{i + 1}"))]
    text = model(species("X"), of("r0"), RATES | {f"r{i}": 1 for i in range(number + 1)}, more=assignment(*rules))
    with refused("nest too deeply|through too many others|longer than 10000 letters|not an arithmetic expression"):
        read(text)


@pytest.mark.parametrize(
    ("condition", "chosen"),
    [
        (apply("lt", TIME, "<cn>1</cn>"), lambda x, t: t < 1),
        (apply("leq", "<cn>2</cn>", ci("X"), "<cn>9</cn>"), lambda x, t: 2 <= x <= 9),
        (
            apply("and", apply("gt", ci("X"), "<cn>2</cn>"), apply("geq", TIME, "<cn>1</cn>")),
            lambda x, t: x > 2 and t >= 1,
        ),
        (
            apply("or", apply("eq", ci("X"), "<cn>2</cn>"), apply("gt", TIME, "<cn>1</cn>")),
            lambda x, t: x == 2 or t > 1,
        ),
        (apply("not", apply("neq", ci("X"), "<cn>2</cn>")), lambda x, t: x == 2),
        ("<true/>", lambda x, t: True),
        ("<false/>", lambda x, t: False),
    ],
)
def test_a_piecewise_formula_takes_the_first_case_that_holds(read, condition, chosen):
    law = piecewise((ci("k"), condition), (ci("d"), apply("lt", ci("X"), "<cn>3</cn>")), apply("times", ci("d", "X")))
    network = read(model(species("X"), of(law), {"k": 5, "d": 7}))
    for t in (0.0, 1.0, 1.5):
        wanted = [5 if chosen(x, t) else 7 if x < 3 else 7 * x for x in range(12)]
        assert values(network, [[x] for x in range(12)], t) == [wanted]


def test_a_rate_that_switches_between_two_times_of_the_grid(read):
    rate = piecewise((ci("k"), apply("lt", TIME, "<cn>0.7</cn>")), ci("d"))
    network = read(
        model(species("X", "20"), reaction("die", [("X", "1")], [], apply("times", rate, ci("X"))), {"k": 1, "d": 0.1}),
        grid=GRID,
    )
    alive = np.exp(-np.array([0, 0.5, 0.7 + 0.1 * 0.3, 0.7 + 0.1 * 0.8]))
    law, counts = solve_law(network, 1000, 1e-9), simulate(network, 4000, seed=0)
    for i in range(4):
        assert law.marginals(i, 21)[0] == pytest.approx(binom(20, alive[i]).pmf(np.arange(21)), abs=1e-10)
        assert counts[:, i, 0].mean() == pytest.approx(20 * alive[i], abs=4 * (20 / 4 / 4000) ** 0.5)


def test_amounts_in_moles_are_counts_if_the_system_file_says_so(read):
    text = model(species("X", substanceUnits="mole"), BIRTH + DEATH, RATES)
    assert_same(read(text, amounts="counts"), read(BIRTH_DEATH))


RULE = f'<listOfRules><rateRule variable="X"><math {MATH}><cn>1</cn></math></rateRule></listOfRules>'


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("<not sbml", "not valid SBML; line 1: "),
        ("<html/>", "not valid SBML"),
        (BIRTH_DEATH.replace("</model>", EVENT + "</model>"), "the model has events"),
        (model(species("X"), BIRTH, RATES, more=RULE), "the model has the rate rule of 'X', which a reaction network"),
        (
            model(species("X"), BIRTH, RATES, more=ALGEBRAIC),
            "the model has an algebraic rule, which a reaction network",
        ),
        (model(species("X"), BIRTH, RATES, more=assignment("cell", ci("k"))), "the assignment rule of 'cell' gives no"),
        (
            model(species("X"), BIRTH + of("e"), RATES | {"e": 1}, more=assignment("e", apply("tanh", ci("X")))),
            r"the assignment rule of 'e' has 'tanh\(X\)' in its formula; use arithmetic",
        ),
        (
            model(species("X"), BIRTH + of("e"), RATES | {"e": 1}, more=assignment("e", apply("plus", ci("e", "k")))),
            "'e' is defined by itself, or through too many others; write it out",
        ),
        (
            model(species("X"), of(piecewise((ci("k"), apply("lt", TIME, ci("d"))))), RATES),
            "the reaction 'made' has a piecewise formula without otherwise; add the value of the other cases",
        ),
        (
            model(species("X"), of(piecewise((ci("k"), apply("xor", "<true/>", "<false/>")), ci("d"))), RATES),
            r"the reaction 'made' has the condition 'xor\(true, false\)'; use comparisons of numbers, and, or and not",
        ),
        (model(species("X"), "", RATES), "the model has no reactions"),
        (model(species("X", "1.5"), BIRTH, RATES), "the species 'X' starts at 1.5; a count is a whole number"),
        (model(species("X", ""), BIRTH, RATES), "the species 'X' has no initial amount"),
        (
            model(species("X", substanceUnits="mole"), BIRTH, RATES),
            r"the species 'X' is measured in moles; .* write amounts: counts in the system file",
        ),
        (
            model(species("X"), of(apply("times", ci("k"), apply("minus", "<cn>1</cn>", ci("X")))), RATES),
            r"the reaction 'made' is reversible, but its law 'k \* \(1 - X\)' is not a forward minus a backward rate; "
            'split the reaction into two, or set reversible="false"',
        ),
        (
            model(species("X") + species("Y"), EXCHANGE.replace('"true"', '"false"', 1), RATES),
            r"the reaction 'exchange' is not reversible, but its law 'k \* X - d \* Y' can be negative; set rever",
        ),
        (
            model(species("X"), reaction("r", [("X", "0.5")], [], ci("k")), RATES),
            "the reaction 'r' has a stoichiometry of 'X' that is no whole number",
        ),
        (model(species("X"), reaction("r", [("X", "1")], [], ""), RATES), "the reaction 'r' has no kinetic law"),
        (
            model(species("X"), reaction("r", [("X", "1")], [], apply("tanh", ci("X"))), RATES),
            r"the reaction 'r' has 'tanh\(X\)' in its formula; use arithmetic",
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
