"""The report is complete, needs no other file, and is written also if parts are missing."""

import dataclasses
import re
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from weightflow.data.snapshots import Snapshots
from weightflow.data.state_space import Counts
from weightflow.evaluation.choices import Choice
from weightflow.evaluation.moments import DETERMINATION
from weightflow.evaluation.published import COLUMNS, OWN, PUBLISHED
from weightflow.evaluation.registry import METRICS, Metric
from weightflow.laws.law import PoissonLaw, TableLaw, unknown_law
from weightflow.plots import style
from weightflow.records.bench import Measurements
from weightflow.report.page import Comparison, Report, Source, render_report
from weightflow.report.tables import MISSING
from weightflow.teaching.teachers import FIELDS, Teacher

RUNS = ["model_one", "model-two", "mixture", "floor_bootstrap"]


class Page(HTMLParser):
    """Addresses a browser would load, link targets, identifiers, and table rows as text."""

    def __init__(self, text: str):
        super().__init__()
        self.loads, self.links, self.ids, self.rows, self.scripts = [], [], [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.scripts += tag == "script"
        if tag == "a":
            self.links.append(found["href"])
        else:
            self.loads += [found[key] for key in ("src", "href", "srcset", "data") if found.get(key)]
        if tag == "tr":
            self.rows.append("")

    def handle_data(self, data):
        if self.rows:
            self.rows[-1] += f"{data} "


@pytest.fixture
def make(root, tmp_path):
    def build(
        datasets=("first",),
        every=2,
        heldout=True,
        runs=RUNS,
        exact=False,
        captions="What to see & how.",
        choices=(),
        comparison=None,
        law=None,
        past=False,
        measured=None,
        simulated=False,
        figures=(),
    ):
        with style.look():
            figure, _ = style.grid(1, 1, 2, 1)
        names = [
            *figures,
            "metrics",
            "marginals",
            "joints",
            "weights_path-model-two",
            "latent_path",
            "losses",
            "rulegraph",
        ]
        extra = ["ablation-size", "table1"]
        files = [tmp_path / f"{name}.png" for name in names]
        extra_files = [str(tmp_path / f"{name}.png") for name in extra]
        growth = tmp_path / "growth.png"
        style.save(figure, [*files, *extra_files, growth])
        frames = [Image.new("P", (30, 20), i) for i in range(2)]
        frames[0].save(moving := tmp_path / "density-model-two.gif", save_all=True, append_images=frames[1:])
        summary, runtime, sources = [], [], []
        for dataset in datasets:
            part = [np.zeros((5, 2), int)] * 4
            observed = np.arange(4) < 2 if past else np.arange(4) % every == 0
            spare = part if heldout else [part[0][:0]] * 4
            data = Snapshots(
                np.arange(4.0),
                part,
                spare,
                observed,
                ["S", "I"],
                Counts(9),
                "heldout" if heldout else "training",
                "day",
            )
            origin = {"file": {"file": "data/<mine>.csv", "sha256": "0" * 64}}
            shown = [str(file) for file in (*files[:-1], moving)]
            if simulated:
                origin = {"system": {"rule": "simulate_system", "inputs": ["1" * 64]}}
            system = "Epidemic, resources/systems/epidemic.yaml"
            shares = pd.DataFrame([(runs[0], "I", "mean", "all", -1.0, 9, 0)], columns=DETERMINATION)
            named = system if simulated or law else ""
            sources.append(
                Source(dataset, data, origin, runs, shown, choices, law=law, system=named, determination=shares)
            )
            if comparison:
                sources[-1] = dataclasses.replace(sources[-1], ablations=extra_files[:1])
            for order, run in enumerate(runs):
                values = {"w_marginal": 0.1 + order, "mmd": -0.001, "own_metric": 2.0}
                values |= {"nll": 1.0} if run.startswith("model") and heldout else {}
                values |= {"w_marginal_exact": 0.3} if exact else {}
                values |= {"kl_exact": 0.9 - order} if law and run.startswith("model") else {}
                parts = [*(["unseen"] if every > 1 else []), *(["extrapolated"] if past else [])]
                for times in ("all", "seen", "first", *parts):
                    summary += [(dataset, run, m, times, v, 0.01, 3) for m, v in values.items()]
                runtime.append((dataset, run, 0, "predict", 1.25, None, "cpu"))
        columns = ["dataset", "model", "metric", "times", "mean", "std", "n"]
        report = Report(
            config={
                "seeds": [3, 4],
                "models": {name: {"path": {"z_dim": i}} for i, name in enumerate(runs) if name.startswith("model")},
                "datasets": {name: {"file": None} for name in datasets},
                "evaluation": {"samples": 77, "bands": 0.9},
                "ablations": {"labels": {"size": "hidden units H"}},
            },
            folder="results/my",
            sources=sources,
            summary=pd.DataFrame(summary, columns=columns),
            runtime=pd.DataFrame(
                runtime, columns=["dataset", "model", "seed", "stage", "seconds", "max_rss_mb", "device"]
            ),
            rulegraph=files[-1],
            comparison=dataclasses.replace(comparison, figures=extra_files[1:]) if comparison else Comparison(),
            measured=measured,
            growth=growth,
        )
        template = (root / "workflow/report/report.html.j2").read_text(encoding="utf-8")
        told = {name.partition("-")[0]: captions for name in [*names, *extra, moving.stem, "growth"]}
        return render_report(template, told, report)

    return build


def test_what_was_measured_here_is_told_with_its_targets(make):
    numbers = [("speed", "a step", 5.0, "×", "≥ 4", True, 1.0), ("memory", "a job", 9.0, "GiB", "≤ 4", False, 1.0)]
    columns = ["case", "measured", "value", "unit", "target", "met", "peak_mb"]
    text = make(measured=Measurements("Some CPU", pd.DataFrame(numbers, columns=columns), pd.DataFrame()))
    for said in ("Some CPU", "5 ×", "≥ 4", "<td>yes</td>", "<td>no</td>"):
        assert said in text
    assert "make bench" not in make()


def test_needs_nothing_else(make):
    text = make(datasets=("first", "second"))
    page = Page(text)
    assert page.loads
    assert all(address.startswith("data:") for address in page.loads)
    assert not re.search(r"https?://|url\(|@import", text)
    assert not page.scripts


def test_every_link_has_its_target(make):
    page = Page(make(datasets=("first", "second")))
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_tells_everything(make):
    text = make()
    labels = [look.label for look in style.lines(RUNS).values()]
    for said in (*labels, "S, I", "evaluation.samples", "77", "path.z_dim", "3, 4", "matplotlib", "own_metric"):
        assert said in text
    assert text.count('src="data:image/png') == 7
    assert re.search(
        r'src="data:image/gif;base64,[^"]+" width="30" height="20" alt="Density in motion \(model-two\)"', text
    )


def test_a_metric_that_is_entered_is_explained(make, monkeypatch):
    assert "My own meaning." not in make()
    monkeypatch.setitem(METRICS, "own_metric", Metric("My own meaning.", "own distance (metres)", "joint"))
    assert "My own meaning." in make()


def test_best_is_bold_and_floors_stand_apart(make):
    text = make()
    assert text.count("<b>0.100</b>") == 4  # unseen, all and seen times, and the first interval
    assert "<b>3.10</b>" not in text
    assert "−0.00100" in text
    table = text[text.index("Unseen times") :]
    assert table.index("mixture of neighbours") < table.index("</tbody>") < table.index("floor: bootstrap")


def test_missing_values_are_dashes(make):
    rows = Page(make()).rows
    assert any(row.startswith("mixture") and MISSING in row for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{"every": 1}, {"heldout": False}, {"runs": ["mixture", "floor_bootstrap"]}])
def test_does_without(options, make):
    text = make(**options)
    assert ("Unseen times" in text) == ("every" not in options)
    assert "None" not in text


CHOICES = [
    Choice(
        "teacher",
        ["model_one", "model-two"],
        None,
        {
            name: [{"teacher": dataclasses.asdict(Teacher("bridge", 0.5, rate=2.0)), "part": 1.0}]
            for name in ("first", "later")
        }
        | {"slowing": [[0.0, 0.25], [3.0, 0.75]]},
        pd.DataFrame(
            [
                ("first", "mixture", 0.0, 0.0, 0.0, False, 0.0, "straight", 1.0, 0.4, 3.5, 0.1),
                ("first", "bridge", 0.5, 0.0, 2.0, False, 0.0, "straight", 1.0, 0.2, 2.5, 0),
            ],
            columns=["interval", *FIELDS, "time", "bandwidth", "nll", "error"],
        ),
    ),
    Choice(
        "smoothing",
        ["model_one"],
        None,
        {"hidden": 8, "curvature": 10.0, "roughness": 0.003, "kernel": 0.0},
        pd.DataFrame({"hidden": [8, 16], "curvature": 10.0, "roughness": 0.003, "kernel": 0.0, "nll": [1.25, 4.5]}),
    ),
    *(
        Choice("steps", ["model-two"], seed, {"steps": 10}, pd.DataFrame({"step": [0, 10], "nll": [5.5, 5.25]}))
        for seed in (3, 4)
    ),
]


def test_choices_are_told_with_their_scores(make):
    text = make(choices=CHOICES)
    rows = "\n".join(" ".join(row.split()) for row in Page(text).rows)
    for row in (
        "bridge (noise 0.5, rate 2) 0.2 2.5000 0",
        "mixture 0.4 3.5000 1.0000 ± 0.1000",
        "8 1.2500",
        "16 4.5000",
        "model-two 10 of 10 0.2500 10 of 10 0.2500",
    ):
        assert f"\n{row}" in rows
    assert "<b>bridge (noise 0.5, rate 2)</b>" in text
    assert text.count("<b>1.2500</b>") == 1
    words = METRICS["nll"].words
    assert f"The first model, model_one, has the lowest {words} over unseen times of the 2 models: 1 ± 0.01" in text


def test_models_that_know_the_system_are_named_beside_the_results(make):
    kinetic = [{"teacher": dataclasses.asdict(Teacher("kinetic")), "part": 1.0}]
    known = dataclasses.replace(CHOICES[0], made=CHOICES[0].made | {"first": kinetic})
    assert "With the system's propensities: model_one, model-two." in make(choices=[known, *CHOICES[1:]]).replace(
        "&#39;", "'"
    )
    assert "propensities" not in make(choices=CHOICES)


def test_without_choices_none_is_told(make):
    text = make(runs=["mixture", "floor_bootstrap"])
    for said in ("The default is", "Teacher of", "Width and smoothing", "Steps of fields"):
        assert said not in text


def study() -> pd.DataFrame:
    levels = [("base", "model_one", "model_one"), ("size", "h-4", "size-h-4"), ("size", "h-8", "model_one")]
    rows = [
        ("first", factor, level, "model_one", model, metric, times, place + value, 0.25)
        for place, (factor, level, model) in enumerate(levels, 1)
        for metric, value in (("nll", 0.5), ("w_marginal", 0.125), ("mmd", 0.0))
        for times in ("all", "unseen")
    ]
    columns = ["dataset", "factor", "level", "base", "model", "metric", "times", "mean", "std"]
    return pd.DataFrame(rows, columns=columns)


def table1() -> pd.DataFrame:
    rows = [
        ("first", "epidemic", "Older", PUBLISHED, 0.5, 0.25, 0.75, np.nan, np.nan),
        ("first", "epidemic", "model_one", OWN, 0.125, 0.001, 0.875, np.nan, 3),
        ("first", "epidemic", "floor_bootstrap", OWN, 0.0625, np.nan, 0.0625, np.nan, 3),
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def test_ablations_and_published_results_have_their_tables_and_figures(make):
    text = make(comparison=Comparison(study(), table1()))
    page = Page(text)
    rows = [" ".join(row.split()) for row in page.rows]
    for row in (
        f"factor level base {METRICS['nll'].words} {METRICS['w_marginal'].words}",
        "base model_one 1.50 ± 0.25 1.12 ± 0.25",
        "hidden units H h-4 model_one 2.50 ± 0.25 2.12 ± 0.25",
        "h-8 model_one 3.50 ± 0.25 3.12 ± 0.25",
        "first",
        "Older (published) 0.500 ± 0.250 0.750",
        "model_one 0.125 ± 0.001 0.875",
    ):
        assert any(found.startswith(row) for found in rows), row
    assert "<b>2.50</b>" in text
    assert "<b>1.50</b>" not in text
    assert text.index("<b>0.125</b>") > text.index("Older (published)")
    assert "<b>0.750</b>" in text
    assert text.count('src="data:image/png') == 9
    for title in ("Ablation (size)", "Beside the published results"):
        assert f"<b>{title}.</b>" in text
    assert len(page.ids) == len(set(page.ids))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_without_a_study_none_is_told(make):
    text = make()
    assert "Ablation" not in text
    assert "published" not in text


def test_escapes_what_users_write(make):
    text = make(captions="a < b")
    assert "data/&lt;mine&gt;.csv" in text
    assert "a &lt; b" in text


def test_the_exact_law_comes_first_and_apart_from_samples(make):
    text = make(exact=True)
    results = text[text.index('id="methods"') :].split("<thead>")[1:9]
    heads = [re.findall(r'<th scope="col">([^<]+)</th>', head) for head in results]
    first, second = (
        [METRICS[name].words if name in METRICS else name for name in names]
        for names in (["w_marginal_exact", "nll"], ["w_marginal", "mmd", "own_metric"])
    )
    assert heads == [first, second] * 4
    assert text.index("<code>w_marginal_exact</code>") < text.index("<code>w_marginal</code>")
    assert "exact" not in make()


LAWS = [
    (PoissonLaw(np.arange(4.0), np.ones((4, 2))), "all 2 variables, independent Poisson", "kl_exact"),
    (
        TableLaw(np.arange(4.0), np.zeros((3, 1), int), np.full((4, 3), 1 / 3), np.zeros(4), np.array([1])),
        "I of 2 variables, a table of 3 states",
        "nll",
    ),
    (
        unknown_law(np.arange(4.0), 2, "it needs 9 states"),
        "unknown: it needs 9 states. Predictions are compared with fresh trajectories instead.",
        None,
    ),
]


@pytest.mark.slow
@pytest.mark.parametrize(("law", "said", "judge"), LAWS, ids=["all", "some", "unknown"])
def test_the_reach_of_the_exact_law_is_told_and_decides_who_judges(law, said, judge, make):
    text = make(law=law)
    assert f"<dt>exact law</dt><dd>{said}" in text
    if judge:
        assert f"the lowest {METRICS[judge].words} over unseen times" in text


def test_times_past_the_last_snapshot_have_a_table_of_their_own(make):
    page = make(past=True)
    assert "Past the last snapshot" in page
    assert "Nothing later than 1 was observed; these are the 2 times from 2 to 3" in page
    assert "2 of them past the last snapshot" in page
    assert "Past the last snapshot" not in make()


def test_a_simulated_system_is_named_by_its_title_and_file(make):
    text = make(simulated=True)
    assert f"<dt>simulated from</dt><dd>Epidemic, resources/systems/epidemic.yaml (SHA-256 {'1' * 64})</dd>" in text


def test_tables_and_settings_are_those_of_the_run(make):
    text = make()
    for name in ("metrics.csv", "summary.csv", "runtime.csv", "settings.yaml"):
        assert f"<code>results/my/{name}</code>" in text
    assert "<code>results/metrics.csv" not in text


def test_a_law_that_was_not_asked_for_is_told(make):
    text = make(simulated=True)
    assert "<dt>exact law</dt><dd>not computed: evaluation.exact.max_states is 0. Predictions are compared with" in text


def test_captions_on_the_exact_law_say_why_it_is_unknown(make):
    law = unknown_law(np.arange(4.0), 2, "it needs 9 states")
    assert "Here the exact law is unknown: it needs 9 states." not in make(law=law)
    assert "Here the exact law is unknown: it needs 9 states." in make(law=law, captions="The exact law is black.")


def test_a_variable_that_is_not_predicted_is_in_the_table_of_r2(make):
    assert "R² of each variable" not in make()
    assert "<td>I</td><td><em>&lt; 0</em></td>" in make(figures=["moments"])
