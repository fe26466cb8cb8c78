"""Bands of a model from the fits with all seeds, and their coverage of the true probabilities."""

from dataclasses import asdict

from weightflow.bands.bands import write_bands
from weightflow.bands.coverage import judge_bands
from weightflow.bands.uncertainty import Evidence, band_times, find_bands
from weightflow.data.snapshots import read_snapshots
from weightflow.dynamics.settings import ModelSettings
from weightflow.dynamics.validation_choice import read_error_ratio
from weightflow.jobs.frame import run, stamp
from weightflow.laws.law import known_law
from weightflow.prediction.fitted import read_each
from weightflow.storage import write_table
from weightflow.systems.events import compile_questions
from weightflow.teaching.teachers import read_teachers


def main(snakemake):
    inputs, params, wildcards = snakemake.input, snakemake.params, snakemake.wildcards
    settings = ModelSettings.parts(params.settings)
    data = read_snapshots(inputs.snapshots).thinned(settings.data.share)
    models = list(read_each(params.runs, inputs.files, {wildcards.model: params.settings}, data))
    events = compile_questions(params.questions, data.variables, wildcards.dataset)
    found = {"error_ratio": read_error_ratio(inputs.choice)} if inputs.choice else {}
    found |= {"missed": read_teachers(inputs.teacher).missed} if inputs.teacher else {}
    evidence = Evidence(**found)
    bands = find_bands(models, evidence, events, params.level, band_times(data))
    write_bands(snakemake.output.bands, bands, **asdict(evidence), made_by=stamp(snakemake))
    write_table(snakemake.output.coverage, judge_bands(bands, data, known_law(inputs.law)))


run(main, snakemake)  # noqa: F821
