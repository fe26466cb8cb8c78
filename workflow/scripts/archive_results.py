"""Pack the results that figures, tables and the report are made from."""

from weightflow.jobs.frame import run
from weightflow.records.archive import archived_files, write_archive


def main(snakemake):
    params = snakemake.params
    files = archived_files(snakemake.input, params.regenerated)
    write_archive(snakemake.output[0], files, params.config, params.systems)
    print(f"{len(files)} files")


run(main, snakemake)  # noqa: F821
