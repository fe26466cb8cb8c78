"""Download the file of a data set from its url; without a checksum in the config, print the file's."""

from weightflow.formats.downloads import fetch
from weightflow.jobs.frame import run
from weightflow.jobs.screen import say


def main(snakemake):
    url, sha256, path = snakemake.params.url, snakemake.params.sha256, snakemake.output[0]
    found = fetch(url, path, sha256)
    if sha256 is None:
        say(f"{path}: has the checksum {found}; pin it by sha256: {found} in the config.\n")


run(main, snakemake)  # noqa: F821
