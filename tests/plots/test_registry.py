"""The registry of figures: every entry is complete, and an entry is all that a new figure's drawing and report need."""

import inspect
import re
import runpy
import subprocess
import sys
from importlib import import_module
from types import ModuleType, SimpleNamespace

import pytest
from matplotlib.figure import Figure as Drawn

from weightflow.plots import style
from weightflow.plots.registry import FIGURES, SCOPES, Figure, figure_files

NEW = Figure("new", "A new figure", "model", needs="models")


@pytest.mark.parametrize("figure", FIGURES.values(), ids=FIGURES)
def test_every_figure_has_a_module_a_caption_and_a_scope(figure, root):
    assert list(inspect.signature(import_module(f"weightflow.plots.{figure.name}").draw).parameters) == [
        "inputs",
        "params",
    ]
    assert (root / "workflow" / "report" / f"{figure.name}.rst").is_file()
    assert figure.scope in SCOPES
    assert len(figure.files("results")) == (1 if figure.animated else 2)


def test_rules_and_files_of_figures_are_different():
    assert len({figure.rule for figure in FIGURES.values()}) == len(FIGURES)
    assert len({file for figure in FIGURES.values() for file in figure.files("results")}) == 2 * len(FIGURES) - 1
    assert len({figure.log("results") for figure in FIGURES.values()}) == len(FIGURES)


def test_names_of_files_rules_and_logs():
    named = {
        name: (FIGURES[name].rule, FIGURES[name].files(run)[0], FIGURES[name].log(run))
        for name, run in (("metrics", "results"), ("density", "results/my"))
    }
    assert named == {
        "metrics": (
            "plot_metrics",
            "results/{dataset}/figures/metrics.png",
            "results/{dataset}/logs/figures/plot_metrics.log",
        ),
        "density": (
            "animate_density",
            "results/my/{dataset}/figures/density-{model}.gif",
            "results/my/{dataset}/logs/figures/animate_density-{model}.log",
        ),
    }
    assert FIGURES["table1"].rule == "plot_published"
    assert FIGURES["networks"].files("results")[1] == "results/populations/{population}/figures/networks.pdf"
    assert (FIGURES["ablation"].subject, FIGURES["ablation"].label) == ("{dataset}", "Ablation, {factor}")


def test_what_figures_need_is_looked_for(root):
    config = root / "workflow" / "scripts" / "weightflow" / "config"
    plan = "".join((config / name).read_text(encoding="utf-8") for name in ("plan.py", "population_plan.py"))
    assert {figure.needs for figure in FIGURES.values() if f'"{figure.needs}"' not in plan} == {None}


def test_every_caption_is_plain_text(root):
    for path in (root / "workflow/report").glob("*.rst"):
        assert not re.search(r"[`*{}|]|::|__", path.read_text(encoding="utf-8")), path.name


def test_a_report_shows_the_figures_that_there_are_in_their_order():
    of = {"dataset": [{"dataset": "d"}], "model": [{"dataset": "d", "model": m} for m in ("a", "b")]}
    assert figure_files("results", of, ["latent paths"]) == [
        "results/d/figures/metrics.png",
        "results/d/figures/marginals.png",
        "results/d/figures/moments.png",
        "results/d/figures/joints.png",
        "results/d/figures/weights_path-a.png",
        "results/d/figures/weights_path-b.png",
        "results/d/figures/latent_path.png",
        "results/d/figures/inference.png",
    ]
    assert figure_files("results/my", {"overall": [{}]}, ["models"]) == ["results/my/figures/model_size.png"]
    assert figure_files("results", {"factor": []}) == []


def test_a_figure_is_drawn_by_its_module_alone_and_listed_by_its_entry(monkeypatch, root, tmp_path):
    """A new figure is an entry of the registry and a module with `draw`."""

    def draw(inputs, params) -> Drawn:
        return style.empty(f"{params.model} of {inputs.table}")

    module = ModuleType("weightflow.plots.new")
    module.draw = draw
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(FIGURES, "new", NEW)
    job = SimpleNamespace(
        input=SimpleNamespace(table="a.csv"),
        params=SimpleNamespace(figure="new", model="m"),
        output=[tmp_path / "new.png", tmp_path / "new.pdf"],
    )
    monkeypatch.setattr("weightflow.jobs.frame.run", lambda main, snakemake, **_: main(snakemake))
    runpy.run_path(str(root / "workflow" / "scripts" / "plot.py"), {"snakemake": job})
    assert [path.stat().st_size > 0 for path in job.output] == [True, True]
    of = {"model": [{"dataset": "d", "model": "m"}]}
    assert figure_files("results", of, ["models"])[-1] == "results/d/figures/new-m.png"
    assert figure_files("results", of) == ["results/d/figures/weights_path-m.png"]


def test_the_registry_is_light(root):
    program = (
        "import sys, weightflow.plots.registry; print(*{'matplotlib', 'numpy', 'pandas', 'torch'} & set(sys.modules))"
    )
    command = [sys.executable, "-c", program]
    result = subprocess.run(command, cwd=root / "workflow/scripts", capture_output=True, text=True, check=True)
    assert result.stdout.strip() == ""


def test_a_new_figure_is_wired_by_its_entry_and_its_inputs(copy_of_workflow, run_snakemake, tmp_path):
    """On a copy of the workflow: module, line of the registry, caption and inputs."""
    library, rules = copy_of_workflow / "workflow/scripts/weightflow/plots", copy_of_workflow / "workflow/rules"
    (library / "new.py").write_text((library / "moments.py").read_text(encoding="utf-8"), encoding="utf-8")
    (copy_of_workflow / "workflow/report/new.rst").write_text("Moments once more.\n", encoding="utf-8")
    for path, before, line in (
        (library / "registry.py", '        Figure("moments"', '        Figure("new", "New", "dataset"),\n'),
        (
            rules / "figures.smk",
            '    "moments":',
            '    "new": FigureJob({"table": f"{plan.folder}/{{dataset}}/moments.csv"}),\n',
        ),
    ):
        text = path.read_text(encoding="utf-8")
        assert before in text
        path.write_text(text.replace(before, line + before), encoding="utf-8")
    config = {"datasets": {"d": {"system": "epidemic"}}, "models": {}, "baselines": ["mixture"]}
    result = run_snakemake(tmp_path, config, flags=("--dry-run", "--verbose"), workflow=copy_of_workflow)
    assert result.returncode == 0, result.stdout
    assert re.search(r"^plot_new +1$", result.stdout, re.MULTILINE)
    assert "Draw a figure of d: New." in result.stdout
