"""The registry of figures: names, titles, subjects and files.

A figure has a module of its name in this folder. Its function `draw(inputs, params)` reads a rule's files and returns
the figure, or the frames of an animation. This file does not spell out module names, so that an edit of one module
reruns only the rule of its figure.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Scope:
    """The subject of a figure, such as a data set, a model or a population.

    Attributes:
        folder: below that of the run; figures go to the folder `figures` in it.
        subject: of the figures in labels and messages.
        part: wildcard at the end of a file's name, if several figures share the folder.
    """

    folder: str = "{dataset}"
    subject: str = "{dataset}"
    part: str = ""


SCOPES = {
    "dataset": Scope(),
    "run": Scope(part="{model}"),  # the run of a data set shown in figures of single runs
    "model": Scope(part="{model}"),  # each model of a data set
    "factor": Scope(part="{factor}"),  # of the ablation study on a data set
    "size": Scope(part="{factor}"),  # a factor that changes the number of training states
    "population": Scope("populations/{population}", "{population}"),
    "overall": Scope("", "all data sets"),
    "workflow": Scope("", "the workflow"),
}


@dataclass(frozen=True)
class Figure:
    """A kind of figure.

    Attributes:
        name: of the module, the caption `workflow/report/NAME.rst` and the files.
        title: in the reports.
        scope: a key of `SCOPES`.
        needs: a condition for the figure's place in the report, by its name in `figure_files`; None for none.
        animated: whether the file is a GIF instead of a PNG and a PDF.
        drawn_by: name of the rule, if it differs from `plot_NAME` or `animate_NAME`.
        page: of the report, a key of `report.page.PAGES`.
    """

    name: str
    title: str
    scope: str
    needs: str | None = None
    animated: bool = False
    drawn_by: str | None = None
    page: str = "methods"

    @property
    def rule(self) -> str:
        """Name of the figure's rule."""
        return self.drawn_by or f"{'animate' if self.animated else 'plot'}_{self.name}"

    @property
    def subject(self) -> str:
        """Subject of the figure, with wildcards."""
        return SCOPES[self.scope].subject

    @property
    def label(self) -> str:
        """The title, and the model, factor or other part of the figure; with wildcards."""
        return ", ".join(filter(None, (self.title, SCOPES[self.scope].part)))

    def files(self, run: str) -> list[str]:
        """Patterns of the figure's files in the folder of a run; the report shows the first."""
        forms = ["gif"] if self.animated else ["png", "pdf"]
        return [self._below(run, "figures", f"{self._with_part(self.name)}.{form}") for form in forms]

    def log(self, run: str) -> str:
        """Pattern of the rule's log in the folder of a run."""
        return self._below(run, "logs", "figures", f"{self._with_part(self.rule)}.log")

    def _below(self, run: str, *names: str) -> str:
        return "/".join(filter(None, (run, SCOPES[self.scope].folder, *names)))

    def _with_part(self, name: str) -> str:
        return "-".join(filter(None, (name, SCOPES[self.scope].part)))


# Ordered as in the reports.
FIGURES = {
    figure.name: figure
    for figure in (
        Figure("density", "Density in motion", "run", animated=True, page="system"),
        Figure("course", "Mean and bands", "dataset", needs="models", page="system"),
        Figure("pictures", "Pairs of variables", "dataset", needs="models", page="system"),
        Figure("answers", "Answers", "dataset", needs="questions", page="system"),
        Figure("trust", "How far to trust the model", "dataset", needs="models", page="system"),
        Figure("metrics", "Metrics against time", "dataset"),
        Figure("leave_one_out", "Left-out snapshots", "dataset", needs="left-out snapshots"),
        Figure("marginals", "Marginals", "dataset"),
        Figure("moments", "Moments", "dataset"),
        Figure("joints", "Joint densities", "dataset"),
        Figure("cells", "Cells over the predicted density", "dataset", needs="real values"),
        Figure("path_energy", "Energy along the path", "dataset", needs="models"),
        Figure("landscape", "Fitness landscape", "dataset", needs="landscape"),
        Figure("weights_path", "Path of the weights", "model", page="choices"),
        Figure("latent_path", "Latent path", "dataset", needs="latent paths", page="choices"),
        Figure("losses", "Losses", "dataset", needs="models", page="choices"),
        Figure("teachers", "Teachers", "dataset", needs="teachers", page="choices"),
        Figure("inference", "Cost of a prediction against its error", "dataset", page="runtimes"),
        Figure("ablation", "Ablation", "factor"),
        Figure("sample_size", "Error against the number of states", "size"),
        Figure("table1", "Beside the published results", "overall", needs="published", drawn_by="plot_published"),
        Figure("model_size", "Size of models", "overall", needs="models"),
        Figure("growth", "Scaling with the data", "workflow"),
        Figure("networks", "Trained and generated networks", "population"),
        Figure("frontier", "Accuracy against distance from the originals", "population", needs="frontier"),
        Figure("learning", "Training of the population, its generators and its auto-encoders", "population"),
        Figure("decoded", "Accuracy of originals, reconstructed and drawn networks", "population", needs="decoded"),
        Figure("agreement", "Agreement with originals against distance", "population", needs="decoded"),
        Figure("probes", "Properties of networks read from their codes", "population", needs="decoded"),
        Figure("variants", "Variants of the auto-encoder", "population", needs="variants"),
        Figure("transfer", "Networks after fine-tuning", "population", needs="transfer"),
        Figure("rulegraph", "Rules", "workflow"),
    )
}


def figure_files(run: str, of: Mapping[str, Sequence[Mapping[str, str]]], there: Collection[str] = ()) -> list[str]:
    """The files of a report's figures, in its order.

    Args:
        run: folder of the run.
        of: by scope, the wildcards of each requested figure; figures of other scopes are left out.
        there: the conditions `Figure.needs` that hold.
    """
    return [
        figure.files(run)[0].format(**wildcards)
        for figure in FIGURES.values()
        if figure.needs is None or figure.needs in there
        for wildcards in of.get(figure.scope, ())
    ]
