"""Make stored tables, and render the tables of pages from them.

    python docs/build_tables.py [NAME ...] [--cores N] [--as-found]

Every NAME is a run of `RUNS`: Snakemake makes its results, and `resources/measured/NAME.csv` keeps their summary with
the commit that made them. Results that exist and are up to date are not made again. Then the tables of `PAGES` are
rendered from the stored tables; without a NAME nothing else is done. With --as-found the results of a run are stored
without Snakemake, and the stored table says so.
"""

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

import yaml  # noqa: E402

from weightflow.config.settings import Configuration  # noqa: E402
from weightflow.errors import InputError  # noqa: E402
from weightflow.evaluation.published import read_published  # noqa: E402
from weightflow.populations.registry import GENERATORS  # noqa: E402
from weightflow.report.stored_populations import gather_populations  # noqa: E402
from weightflow.report.stored_tables import (  # noqa: E402
    Column,
    Contest,
    Headline,
    HeadlineTable,
    OverFolds,
    PublishedTable,
    Rows,
    RunsTable,
    Seeds,
    Stored,
    Table,
    gather,
    read_stored,
    render,
    write_stored,
)
from weightflow.storage import write_text  # noqa: E402

STORED = ROOT / "resources" / "measured"
_CODE = ("workflow", "config", "envs", "resources/systems", "requirements.txt")  # what determines the numbers


@dataclass(frozen=True)
class Run:
    """A run whose summary is stored under the name of its config.

    Attributes:
        target: of Snakemake, several separated by spaces; empty for the whole run.
        populations: whether it is a run of populations.
    """

    target: str = ""
    populations: bool = False

    def command(self, name: str, cores: int = 8) -> list[str]:
        """The words of the command; the number of cores does not change the results."""
        options = ["--cores", str(cores), "--resources", "gpu=1", "--configfile", f"config/{name}.yaml"]
        return ["snakemake", *self.target.split(), *options]


RUNS = {
    "epidemic-released": Run(),
    "released": Run(),
    "published": Run("results/published/summary.csv results/published/runtime.csv"),
    "systems": Run("results/systems/summary.csv"),
    "suite": Run("results/suite/leave_one_out.csv"),
    "suite-counts": Run("results/suite-counts/summary.csv"),
    "cascade-100": Run(),
    "embryoid": Run("leave-one-out"),
    "embryoid-50": Run("leave-one-out"),
    "emt": Run("leave-one-out"),
    "extrapolation": Run(),
    "bands": Run("results/bands/bands.csv"),
    "populations": Run("populations", populations=True),
    "mnist": Run("populations", populations=True),
    "transfer": Run("populations", populations=True),
    "hyper-representations": Run("populations", populations=True),
}

_EXACT = (
    Column("W exact", "w_marginal_exact"),
    Column("JSD exact", "jsd_marginal_exact"),
    Column("JSD exact, first", "jsd_marginal_exact", "first"),
    Column("KL exact", "kl_exact", decimals=3),
    Column("nll", "nll"),
)
_RELEASED = (Column("W", "w_marginal"), Column("JSD", "jsd_marginal"))
_TABLE_1 = (
    Column("W", "w_marginal", decimals=3),
    Column("JSD", "jsd_marginal"),
    *_EXACT[:2],
    *_EXACT[3:],
    Seeds("seeds", "w_marginal"),
    Column("seconds a seed", "seconds", decimals=0, spread=False),
)
_SYSTEM = ("weightflow", "mixture", "mixture_kernel", "transport_spline", "weights_spline", "floor_independent")
_DENSITIES = ("weightflow", "mixture", "mixture_kernel", "transport_kernel")
_CELLS = ("weightflow", "previous", "mixture", "displacement", "displacement_kernel", "ot_cfm", "floor_split_half")
_DEEP = ("weightflow", "previous", "mixture", "displacement", "displacement_kernel", "floor_split_half")
_SUITE = {
    "ornstein_uhlenbeck_3_200": "Ornstein–Uhlenbeck, 3 of 200",
    "ornstein_uhlenbeck_10_1000": "Ornstein–Uhlenbeck, 10 of 1000",
    "branching_landscape_5_200": "branching landscape, 5 of 200",
    "cell_cycle_10_200": "cell cycle, 10 of 200",
    "cell_cycle_5_1000": "cell cycle, 5 of 1000",
    "switch_network_3_1000": "ten-gene switch, 3 of 1000",
    "switch_network_5_5000": "ten-gene switch, 5 of 5000",
    "three_of_thirty_3_5000": "three of thirty, 3 of 5000",
    "heavy_tails_10_5000": "heavy tails, 10 of 5000",
}
_HEADLINE = (Column("W", "w_marginal", decimals=3), Column("JSD", "jsd_marginal"))
_LEFT_OUT = (Column("W1", "w1_loo", "left_out", 3),)


_GENERATED = (
    Column("accuracy", "accuracy_mean", "aligned"),
    Column("over networks, ±", "accuracy_deviation", "aligned", spread=False),
    Column("from the nearest original", "nearest", "aligned", 2),
    Column("among the networks", "spread", "aligned", 2),
    Column("overlap of errors", "overlap", "aligned", 2),
    Column("accuracy of the ensemble", "ensemble", "aligned"),
)
_RAW = tuple(replace(column, times="raw") for column in _GENERATED)
_POINTS = (
    Column("accuracy", "accuracy", "frontier"),
    Column("from the nearest original", "nearest", "frontier", 2),
    Column("by weights of varying pixels", "nearest_varying", "frontier", 2),
    Column("among the networks", "spread", "frontier", 2),
    Column("overlap with an original", "overlap", "frontier", 2),
    Column("overlap with each other", "overlap_among", "frontier", 2),
)
_RECONSTRUCTED = (
    Column("agreement", "agreement", "reconstructed"),
    Column("share of the accuracy", "share", "reconstructed", 3),
    Column("distance", "distance", "reconstructed", 3),
)
_DRAWN = (
    Column("accuracy", "accuracy_mean", "reconstructed"),
    Column("from the nearest original", "nearest", "reconstructed", 2),
    Column("among the networks", "spread", "reconstructed", 2),
)
_PROBES = (
    Column("accuracy", "probe_accuracy", "reconstructed", 2),
    Column("gap", "probe_gap", "reconstructed", 2),
    Column("epoch", "probe_epoch", "reconstructed", 2),
    Column("of finished networks: accuracy", "probe_final_accuracy", "reconstructed", 2),
    Column("gap", "probe_final_gap", "reconstructed", 2),
)
_VARIANTS = (
    Column("agreement", "agreement", "variants"),
    Column("share of the accuracy", "share", "variants", 3),
    Column("distance", "distance", "variants", 2),
    Column("seconds", "seconds", "variants", 0),
)
_ABOUT_CODES = (
    Column("accuracy", "accuracy_mean", "reconstructed"),
    Column("of the ensemble", "ensemble", "reconstructed"),
    Column("from the nearest original", "nearest", "reconstructed", 2),
    Column("among the networks", "spread", "reconstructed", 2),
    Column("different labels", "disagreement", "reconstructed", 3),
)
_READ_OFF = (
    Column("accuracy", "probe_accuracy", "reconstructed", 2),
    Column("gap", "probe_gap", "reconstructed", 2),
    Column("epoch", "probe_epoch", "reconstructed", 2),
    Column("learning rate", "probe_learning_rate", "reconstructed", 2),
    Column("weight decay", "probe_weight_decay", "reconstructed", 2),
    Column("initialisation", "probe_initialisation", "reconstructed", 2),
)
_TUNED = (
    Column("steps to 90 %", "steps_to", decimals=0),
    Column("accuracy at once", "accuracy_mean after 0"),
    Column("after 1 epoch", "accuracy_mean after 1"),
    Column("after 5", "accuracy_mean after 5"),
    Column("ensemble at once", "ensemble after 0"),
)
_STARTS = {"flow": "`flow`", "mixed": "`mixed`", "trained": "originals", "random": "random"}
_SOURCES = ("trained", *GENERATORS)


def _points(*values: tuple[str, Sequence[float]]) -> list[str]:
    """Names of points of frontiers."""
    return ["trained", *(f"{name} {value:g}" for name, own in values for value in own)]


def _of_autoencoders(columns: Sequence[Column], runs: Mapping[str, str]) -> RunsTable:
    """Rows for the populations with auto-encoders."""
    names = ("iris-1000", "digits-cnn")
    return RunsTable(columns, tuple(Rows("populations", name, runs, f"`{name}`") for name in names))


def _distances(label: str, dataset: str) -> Headline:
    return Headline(label, "W / JSD", "systems", dataset, _HEADLINE, dataset)


PAGES: dict[str, dict[str, Table]] = {
    "README.md": {
        "results": HeadlineTable(
            "weightflow",
            (
                Headline(
                    "the paper's epidemic", "W / JSD", "epidemic-released", "epidemic_released", _HEADLINE, "epidemic"
                ),
                Headline(
                    "the paper's epidemic",
                    "nll on fresh states / KL from the exact law",
                    "epidemic-released",
                    "epidemic_released",
                    (Column("nll", "nll", decimals=3), Column("KL", "kl_exact", decimals=3)),
                ),
                _distances("toggle switch", "toggle_switch"),
                _distances("signalling cascade 1", "signalling_cascade_1"),
                _distances("signalling cascade 2", "signalling_cascade_2"),
                _distances("ecological evolution", "ecological_evolution"),
                Headline("embryoid cells, 5 components", "W1 of left-out cells", "embryoid", "embryoid", _LEFT_OUT),
                Headline("EMT cells, 10 coordinates", "W1 of left-out cells", "emt", "emt", _LEFT_OUT),
            ),
            ("floor_independent", "floor_split_half"),
        )
    },
    "resources/measured/README.md": {
        "generated": RunsTable(
            _GENERATED,
            (
                Rows("populations", "iris", _SOURCES, "`iris`"),
                Rows("populations", "digits", _SOURCES, "`digits`"),
                Rows("mnist", "mnist", _SOURCES, "`mnist`"),
                Rows("mnist", "mnist-published", ["flow"], "`mnist-published`"),
            ),
        ),
        "generated-raw": RunsTable(
            _RAW, (Rows("populations", "iris", [name for name in _SOURCES if name != "corrected"], "`iris`"),)
        ),
        "reconstructed": _of_autoencoders(_RECONSTRUCTED, {"structure": "β = 1", "behaviour": "with behaviour"}),
        "drawn": _of_autoencoders(
            _DRAWN,
            {
                "learned": "originals",
                "structure, bootstrapped": "β = 1",
                "behaviour, bootstrapped": "with behaviour",
            },
        ),
        "probes": _of_autoencoders(
            _PROBES, {"weights": "weights", "structure": "codes, β = 1", "behaviour": "codes, with behaviour"}
        ),
        "epidemic": RunsTable(
            (
                *_EXACT,
                Column("W", "w_marginal", decimals=3),
                Column("JSD", "jsd_marginal"),
                Column("joint W1", "w1_joint", decimals=2),
            ),
            (
                Rows(
                    "epidemic-released",
                    "epidemic_released",
                    (
                        "weightflow",
                        "weightflow_graph_ode",
                        "weightflow_graph_cde",
                        "weightflow_cde",
                        "weightflow_ode",
                        "weights_linear",
                        "weights_spline",
                        "previous",
                        "mixture",
                        "mixture_kernel",
                        "displacement",
                        "transport_spline",
                        "transport_kernel",
                        "floor_bootstrap",
                        "floor_independent",
                    ),
                    published="epidemic",
                ),
            ),
        ),
        "released": RunsTable(
            (Column("W", "w_marginal", decimals=4), Column("JSD", "jsd_marginal"), *_EXACT),
            (
                Rows(
                    "released",
                    "epidemic_released",
                    {
                        "released": "the released field, a step for each time of the data",
                        "released_as_fitted": "a step for each snapshot, as in training",
                        "released_adaptive": "steps that adapt",
                        "floor_independent": "`floor_independent`",
                    },
                    published="epidemic",
                ),
            ),
        ),
        "table1": RunsTable(
            _TABLE_1,
            (
                Rows(
                    "released",
                    "epidemic_released",
                    {"released": "released anchors and field"},
                    "epidemic",
                    published="epidemic",
                    peers=True,
                ),
                Rows(
                    "published",
                    "epidemic_released",
                    {"published_cde": "preset `published`, CDE", "published_ode": "preset `published`, ODE"},
                ),
                Rows(
                    "epidemic-released",
                    "epidemic_released",
                    {
                        "weightflow_graph_cde": "hypernetwork from the learned spline, CDE",
                        "weightflow_graph_ode": "hypernetwork from the learned spline, ODE",
                        "weightflow": "the default",
                    },
                ),
                *(
                    Rows("systems", system, {"weightflow": "the default"}, label, published=system, peers=True)
                    for system, label in (
                        ("toggle_switch", "toggle switch"),
                        ("signalling_cascade_1", "signalling cascade 1"),
                        ("signalling_cascade_2", "signalling cascade 2"),
                        ("ecological_evolution", "ecological evolution"),
                    )
                ),
            ),
        ),
        "systems": RunsTable(
            (*_RELEASED, *_EXACT),
            (
                Rows("systems", "toggle_switch", _SYSTEM, "toggle switch"),
                Rows("systems", "signalling_cascade_1", _SYSTEM, "cascade 1"),
                Rows("systems", "signalling_cascade_2", _SYSTEM, "cascade 2"),
                Rows("systems", "ecological_evolution", _SYSTEM, "ecological evolution"),
                Rows(
                    "cascade-100",
                    "signalling_cascade_100",
                    (
                        "weightflow",
                        "mixture",
                        "mixture_kernel",
                        "transport_spline",
                        "weights_linear",
                        "floor_independent",
                    ),
                    "cascade of 100",
                ),
            ),
        ),
        "suite-counts": RunsTable(
            (*_EXACT[:-1], Column("KL exact, first", "kl_exact", "first", 3), _EXACT[-1]),
            tuple(
                Rows("suite-counts", dataset, _DENSITIES, label)
                for dataset, label in (
                    ("bursty_gene", "bursty gene"),
                    ("autoregulated_gene", "auto-regulated gene"),
                    ("autoregulated_gene_100", "auto-regulated gene, 100 states a snapshot"),
                    ("autoregulated_gene_50", "auto-regulated gene, 50 states a snapshot"),
                    ("bistable_gene", "bistable gene"),
                    ("conserved_cycle", "conserved cycle"),
                    ("random_starts", "random starts"),
                    ("long_chain", "long chain"),
                    ("sparse_network", "sixteen nearly empty species"),
                    ("sparse_network_100", "sixteen species, 100 states a snapshot"),
                )
            ),
        ),
        "cells": RunsTable(
            (
                Column("W1", "w1_loo", "left_out", 3),
                Column("W2", "w2_loo", "left_out", 3),
                Column("nll", "nll_loo", "left_out", 3),
                Column("nll of each left-out time", "nll_loo", "left_out at", 3),
            ),
            (
                Rows("embryoid", "embryoid", _CELLS, "embryoid, 5 components"),
                Rows(
                    "embryoid-50",
                    "embryoid_50",
                    _DEEP,
                    "embryoid, 50 components (1 seed)",
                    decimals={"w1_loo": 2, "w2_loo": 2},
                ),
                Rows("emt", "emt", _CELLS, "EMT, 10 coordinates"),
            ),
        ),
        "extrapolation": RunsTable(
            (
                Column("W exact", "w_marginal_exact", "extrapolated"),
                Column("JSD exact", "jsd_marginal_exact", "extrapolated"),
                Column("KL exact", "kl_exact", "extrapolated", 3),
                Column("nll", "nll", "extrapolated", 3),
                Column("joint W1", "w1_joint", "extrapolated", 2),
            ),
            (
                Rows(
                    "extrapolation",
                    "epidemic",
                    (
                        "weightflow",
                        "spline_linear",
                        "spline_constant",
                        "ode",
                        "cde_linear",
                        "cde_constant",
                        "previous",
                        "quantiles",
                        "displacement",
                        "floor_independent",
                    ),
                ),
            ),
        ),
    },
    "docs/populations.md": {
        "frontier": RunsTable(
            _POINTS,
            (
                Rows(
                    "mnist",
                    "mnist",
                    _points(
                        ("corrected", (0.5, 0.75, 1)),
                        ("repaired", (0.1, 0.2, 0.3, 0.5)),
                        ("mixed", (0.2, 0.5)),
                        ("flow", (0.5, 1, 2)),
                        ("jittered", (0.25,)),
                    ),
                    "100 networks",
                ),
                Rows("mnist", "mnist-published", ["flow 1"], "the published recipe"),
            ),
        ),
        "tuned": RunsTable(
            _TUNED,
            tuple(
                Rows("transfer", task, _STARTS, label)
                for task, label in (
                    ("mnist-8 → own", "MNIST, middle 20 at 8 × 8, to itself"),
                    ("mnist-8 → digits", "the same, to digits"),
                    ("digits → own", "digits, to itself"),
                    ("digits → mnist, middle 20, 8 × 8", "digits to MNIST, middle 20 at 8 × 8"),
                    ("digits-0-4 → own, labels 5, 6, 7, 8, 9", "digits 0–4 to digits 5–9, new last layer"),
                )
            ),
        ),
    },
    "docs/hyper-representations.md": {
        "variants": RunsTable(
            _VARIANTS,
            (
                Rows(
                    "hyper-representations",
                    "mnist-cnn3",
                    {
                        "base, β = 0.1": "with behaviour",
                        "base, β = 1": "structure alone",
                        "aligned, β = 0.1": "aligned networks only, with behaviour",
                        "aligned, β = 1": "aligned networks only, structure alone",
                        "behaviour-alone, β = 0": "behaviour alone",
                        "without-contrast, β = 0.1": "γ = 0",
                        "tokens, β = 0.1": "32 numbers for each neuron",
                        "few-queries, β = 0.1": "16 queries instead of 64",
                        "other-data, β = 0.1": "queries of other data: digits",
                        "noise, β = 0.1": "queries of Gaussian noise",
                        "uniform, β = 0.1": "queries of uniform noise",
                    },
                ),
            ),
        ),
        "unaligned": RunsTable(
            _RECONSTRUCTED,
            (
                Rows(
                    "hyper-representations",
                    "mnist-cnn3",
                    {
                        "behaviour": "aligned",
                        "behaviour, unaligned": "as they were trained",
                    },
                ),
            ),
        ),
        "zoos": RunsTable(
            _RECONSTRUCTED,
            (
                Rows(
                    "hyper-representations",
                    "digits-cnn-and-mlp → digits-cnn-and-mlp",
                    {"behaviour": "CNNs, in one auto-encoder with MLPs"},
                ),
                Rows(
                    "hyper-representations",
                    "digits-cnn-and-mlp → digits-mlp",
                    {"behaviour": "MLPs, in one auto-encoder with CNNs"},
                ),
                Rows("hyper-representations", "digits-mlp", {"behaviour": "MLPs, in one of their own"}),
            ),
        ),
        "drawn-codes": RunsTable(
            _ABOUT_CODES,
            (
                Rows(
                    "hyper-representations",
                    "mnist-cnn3",
                    {
                        "learned": "originals",
                        "behaviour, plain": "with behaviour, plain",
                        "behaviour, subsampled": "with behaviour, subsampled",
                        "behaviour, bootstrapped": "with behaviour, bootstrapped",
                        "structure, bootstrapped": "structure alone, bootstrapped",
                    },
                ),
            ),
        ),
        "read-off": RunsTable(
            _READ_OFF,
            (
                Rows(
                    "hyper-representations",
                    "mnist-cnn3",
                    {
                        "weights": "weights",
                        "weight statistics": "statistics of the weights by layer",
                        "structure": "codes, structure alone",
                        "behaviour": "codes, with behaviour",
                    },
                ),
            ),
        ),
    },
    "docs/how-to/published.md": {
        "table2": PublishedTable(
            (Column("W", "w1_joint", decimals=2), Column("MMD", "mmd", decimals=2)),
            {"embryoid": "embryoid", "beta_cell": "β-cells"},
        ),
    },
    "docs/method/bands.md": {
        "bands": RunsTable(
            (
                Column("all times", "band_coverage", decimals=3),
                Column("between the snapshots", "band_coverage", "unseen", 3),
                Column("at the snapshots", "band_coverage", "observed", 3),
                Column("mean width", "band_width"),
            ),
            tuple(
                Rows("bands", dataset, ("weightflow",), label)
                for dataset, label in (
                    ("epidemic", "epidemic, 11 snapshots"),
                    ("toggle_switch", "toggle switch, 11"),
                    ("ornstein_uhlenbeck", "Ornstein–Uhlenbeck, 5"),
                    ("branching_landscape", "branching landscape, 5"),
                    ("cell_cycle", "cell cycle, 5"),
                    ("switch_network", "ten-gene switch, 5"),
                    ("three_of_thirty", "three of thirty, 3"),
                    ("heavy_tails", "heavy tails, 5"),
                )
            ),
        ),
    },
    "docs/method/cells.md": {
        "suite": Contest(
            "suite",
            OverFolds("W1", "w1_loo", decimals=3),
            "weightflow",
            ("displacement", "mixture", "ot_cfm"),
            ("previous", "floor_split_half"),
            _SUITE,
        ),
        "suite-likelihood": Contest(
            "suite",
            OverFolds("nll", "nll_loo", decimals=3),
            "weightflow",
            ("displacement_kernel",),
            (),
            _SUITE,
            ratio=False,
        ),
    },
    "docs/method/changes.md": {
        "changes": RunsTable(
            (
                Column("W", "w_marginal_exact", spread=False),
                Column("JSD", "jsd_marginal_exact", spread=False),
                Column("KL", "kl_exact", decimals=3, spread=False),
            ),
            (
                Rows(
                    "epidemic-released",
                    "epidemic_released",
                    {
                        "weightflow": "`weightflow`, the default",
                        "weightflow_graph_ode": "hypernetwork from the learned spline: `weightflow_graph_ode`",
                        "weightflow_graph_cde": "hypernetwork from the learned spline: `weightflow_graph_cde`",
                        "weightflow_cde": "`weightflow_cde`: paper's dynamics, small budget",
                        "weightflow_ode": "`weightflow_ode`: paper's dynamics, small budget",
                        "weights_spline": "spline through the anchors, nothing learned",
                        "transport_kernel": "best baseline with a density, `transport_kernel`",
                    },
                ),
            ),
            "model",
        )
    },
}


def rendered() -> dict[Path, str]:
    """The text of every page, with its tables made from the stored ones."""
    stored = {name: read_stored(STORED / f"{name}.csv") for name in RUNS}
    published = read_published(ROOT / "resources" / "published.csv")
    return {
        ROOT / page: render((ROOT / page).read_text(encoding="utf-8"), tables, stored, published, page)
        for page, tables in PAGES.items()
    }


def revision(root: Path = ROOT) -> str:
    """The commit of the code, and whether the code differs from it."""
    head = _git(root, "rev-parse", "HEAD")
    changed = _git(root, "status", "--porcelain", "--", *_CODE)
    return f"{head} with changes" if changed else head


def store(name: str, cores: int, as_found: bool) -> Path:
    """Run a config and store its summary; the path of the stored table."""
    before = revision()
    if not as_found:
        subprocess.run([sys.executable, "-m", *RUNS[name].command(name, cores)], cwd=ROOT, check=True)
    after = revision()
    commit = before if before == after else f"{before}, changed during the run to {after}"
    content = yaml.safe_load((ROOT / "config" / f"{name}.yaml").read_text(encoding="utf-8"))
    seeds = content.get("seeds", Configuration.model_fields["seeds"].get_default())
    facts = {
        "commit": f"{commit}, results as found" if as_found else commit,
        "command": " ".join(RUNS[name].command(name)),
        "seeds": ", ".join(map(str, seeds)),
        "date": date.today().isoformat(),
    }
    path = STORED / f"{name}.csv"
    folder = ROOT / "results" / ("" if name == "populations" else name)
    found = (
        gather_populations(folder / "populations", len(seeds)) if RUNS[name].populations else gather(folder, len(seeds))
    )
    write_stored(path, Stored(facts, found))
    return path


def write(pages: Mapping[Path, str]) -> None:
    """Write the pages that changed."""
    for path, text in pages.items():
        if path.read_text(encoding="utf-8") != text:
            write_text(path, text)
            print(f"{path.relative_to(ROOT)}: rendered")


def _git(root: Path, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True).stdout.strip()


def main() -> None:
    """Store the named tables, then render all pages."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--cores", type=int, default=8, help="of Snakemake")
    parser.add_argument("--as-found", action="store_true", help="store results that exist without running Snakemake")
    asked = parser.parse_args()
    if unknown := [name for name in asked.names if name not in RUNS]:
        parser.error(f"no table {unknown[0]}; there are {', '.join(RUNS)}")
    try:
        for name in asked.names:
            print(f"{store(name, asked.cores, asked.as_found).relative_to(ROOT)}: stored")
            write(rendered())
        write(rendered())
    except (InputError, subprocess.CalledProcessError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
