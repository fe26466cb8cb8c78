"""Download the file of a data set from its url; without a checksum in the config, print the file's."""

import sys

from weightflow.formats.downloads import fetch
from weightflow.jobs.frame import run


def main(snakemake):
    url, sha256, path = snakemake.params.url, snakemake.params.sha256, snakemake.output[0]
    found = fetch(url, path, sha256)
    if sha256 is None:
        print(f"{path}: has the checksum {found}; pin it by sha256: {found} in the config.", file=sys.stderr)


run(main, snakemake)  # noqa: F821
