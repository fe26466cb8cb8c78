"""Draw new networks from a fitted generator."""

from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.populations.population import write_networks
from weightflow.populations.registry import GENERATORS


def main(snakemake):
    params = snakemake.params
    own = GENERATORS[snakemake.wildcards.generator]
    generator = own.learned.load().read(snakemake.input.generator, job_device(snakemake))
    weights = generator.draw(params.settings["generated"], params.seed, own.knob.usual)
    write_networks(snakemake.output[0], weights, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
