"""Answer the questions about a data set: probabilities of events against time."""

from weightflow.data.snapshots import read_snapshots
from weightflow.jobs.frame import run
from weightflow.laws.law import known_law
from weightflow.prediction.answers import answer_questions
from weightflow.prediction.fitted import read_each
from weightflow.storage import write_table
from weightflow.systems.events import compile_questions


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    data = read_snapshots(inputs.snapshots)
    events = compile_questions(params.questions, data.variables, snakemake.wildcards.dataset)
    models = read_each(params.runs, inputs.files, params.settings_of, data)
    write_table(snakemake.output[0], answer_questions(events, data, known_law(inputs.law), models))


run(main, snakemake)  # noqa: F821
