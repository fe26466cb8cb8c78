"""Write the report: one page that holds every table, figure, setting and version."""

from pathlib import Path

import pandas as pd
import yaml

from weightflow.job import run
from weightflow.report import Source, render_report
from weightflow.snapshots import read_snapshots
from weightflow.storage import read_metadata, write_text


def main(snakemake):
    inputs, params = snakemake.input, snakemake.params
    sources = [
        Source(name, read_snapshots(path), read_metadata(path)["source"], params.runs[name], params.figures[name])
        for name, path in zip(params.figures, inputs.snapshots, strict=True)
    ]
    page = render_report(
        template=Path(inputs.template).read_text(encoding="utf-8"),
        captions={Path(path).stem: Path(path).read_text(encoding="utf-8") for path in inputs.captions},
        config=yaml.safe_load(Path(inputs.settings).read_text(encoding="utf-8")),
        sources=sources,
        summary=pd.read_csv(inputs.summary),
        runtime=pd.read_csv(inputs.runtime),
        rulegraph=inputs.rulegraph,
    )
    write_text(snakemake.output[0], page)


run(main, snakemake)  # noqa: F821
