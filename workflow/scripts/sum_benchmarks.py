"""Sum the cost of a stage's jobs into one benchmark."""

from weightflow.jobs.frame import run
from weightflow.report.runtime import sum_benchmarks
from weightflow.storage import write_text


def main(snakemake):
    total = sum_benchmarks(snakemake.input)
    write_text(snakemake.output[0], total.to_csv(sep="\t", index=False, na_rep="-"))


run(main, snakemake)  # noqa: F821
