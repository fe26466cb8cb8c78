"""All figures: what each is called, what it is of and where its files go.

A figure has a module of its name beside this one, whose `draw(inputs, params)` reads a rule's files and gives the
figure, or the frames of an animation. The names of modules are put together where they are imported, so that an edit
of one module reruns the rule of its own figure alone.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """What there is one figure for.

    Attributes:
        folder: of its results; figures go to `figures` in it.
        subject: of the figures, as labels and messages say it.
        part: wildcard at the end of a file's name, if the folder does not tell the figures apart.
    """

    folder: str = "results/{dataset}"
    subject: str = "{dataset}"
    part: str = ""


SCOPES = {
    "dataset": Scope(),
    "run": Scope(part="{model}"),  # of a data set: the one that single-run figures show
    "model": Scope(part="{model}"),  # of a data set: each
    "factor": Scope(part="{factor}"),  # of the ablation study on a data set
    "bands": Scope(),  # of a data set
    "population": Scope("results/populations/{population}", "{population}"),
    "overall": Scope("results", "all data sets"),
    "workflow": Scope("results", "the workflow"),
}


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    Attributes:
        name: of its module, its caption `workflow/report/NAME.rst` and its files.
        title: in the reports.
        scope: a key of `SCOPES`.
        needs: what there must be for the report to hold it, a name that `figure_files` is given; None for nothing.
        animated: whether it is a GIF, and not a PNG and a PDF.
        drawn_by: its rule, if that has another name than the figure.
    """

    name: str
    title: str
    scope: str
    needs: str | None = None
    animated: bool = False
    drawn_by: str | None = None

    @property
    def rule(self) -> str:
        """Name of the rule that draws it."""
        return self.drawn_by or f"{'animate' if self.animated else 'plot'}_{self.name}"

    @property
    def subject(self) -> str:
        """What it is of, with wildcards."""
        return SCOPES[self.scope].subject

    @property
    def label(self) -> str:
        """The title, and which one it is of several; with wildcards."""
        return ", ".join(filter(None, (self.title, SCOPES[self.scope].part)))

    @property
    def files(self) -> list[str]:
        """Patterns of its files; the first one is for the report."""
        scope = SCOPES[self.scope]
        stem = "-".join(filter(None, (self.name, scope.part)))
        return [f"{scope.folder}/figures/{stem}.{form}" for form in (["gif"] if self.animated else ["png", "pdf"])]

    @property
    def log(self) -> str:
        """Pattern of the log of its rule."""
        scope = SCOPES[self.scope]
        return f"{scope.folder}/logs/figures/{'-'.join(filter(None, (self.rule, scope.part)))}.log"


# In the order of the reports.
FIGURES = {
    figure.name: figure
    for figure in (
        Figure("metrics", "Metrics against time", "dataset"),
        Figure("leave_one_out", "Left-out snapshots", "dataset", needs="left-out snapshots"),
        Figure("marginals", "Marginals", "dataset"),
        Figure("moments", "Moments", "dataset"),
        Figure("joints", "Joint densities", "dataset"),
        Figure("cells", "Cells over the predicted density", "dataset", needs="real values"),
        Figure("landscape", "Fitness landscape", "dataset", needs="landscape"),
        Figure("density", "Density in motion", "run", animated=True),
        Figure("weights_path", "Path of the weights", "model"),
        Figure("latent_path", "Latent path", "dataset", needs="latent paths"),
        Figure("losses", "Losses", "dataset", needs="models"),
        Figure("teachers", "Teachers", "dataset", needs="teachers"),
        Figure("inference", "Cost of a prediction against its error", "dataset"),
        Figure("ablation", "Ablation", "factor"),
        Figure("table1", "Beside the published results", "overall", needs="published", drawn_by="plot_published"),
        Figure("model_size", "Size of models", "overall", needs="models"),
        Figure("growth", "Scaling with the data", "workflow"),
        Figure("networks", "Trained and generated networks", "population"),
        Figure("learning", "Training of the population, its flows and its auto-encoders", "population"),
        Figure("bands", "Uncertainty bands around predicted marginals", "bands"),
        Figure("rulegraph", "Rules", "workflow"),
    )
}


def figure_files(of: Mapping[str, Sequence[Mapping[str, str]]], there: Collection[str] = ()) -> list[str]:
    """The files that a report shows, in its order.

    Args:
        of: by scope, the wildcards of each figure that is asked for; figures of other scopes are left out.
        there: what there is, of what figures need.
    """
    return [
        figure.files[0].format(**wildcards)
        for figure in FIGURES.values()
        if figure.needs is None or figure.needs in there
        for wildcards in of.get(figure.scope, ())
    ]
