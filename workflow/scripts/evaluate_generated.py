"""Evaluate generated networks and the generators' training networks on test examples."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.jobs.screen import say
from weightflow.populations.evaluation import compare_generated, judge, judge_new
from weightflow.populations.generators import draw_all
from weightflow.populations.metrics import TRAINED
from weightflow.populations.population import read_networks, read_population
from weightflow.populations.samplers import number_of_pairs
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.populations.user_modules import classifier_of_population
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    settings = PopulationSettings.parts(params.settings)
    task, population = read_task(inputs.task), read_population(inputs.population)
    weights, classifier = population.weights, classifier_of_population(population, settings, task)
    if settings.generated > (pairs := number_of_pairs(len(weights))):
        name = snakemake.wildcards.population
        say(
            f"populations.{name}.generated: {len(weights)} networks have {pairs} midpoints, and {settings.generated} "
            "are asked for, so mixed, repaired and corrected networks come several times.\n"
        )
    learned = {name: read_networks(path) for name, path in zip(params.learned, inputs.generated, strict=True)}
    made = draw_all(weights, classifier, task.training.inputs, learned, settings.generated, params.seed)
    judged = judge_new(classifier, task, made, weights, settings.norms, device)
    trained = judge(classifier, task, weights, task.test, device)
    table, shares = compare_generated(trained, judged, TRAINED)
    write_table(snakemake.output.metrics, table)
    write_table(snakemake.output.accuracies, shares)


run(main, snakemake)  # noqa: F821
