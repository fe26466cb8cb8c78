"""Every kind of figure that a rule draws is in the catalogue, and has its caption."""

import re

from weightflow.report.figure_titles import TITLES


def test_every_kind_of_figure_has_a_title_and_a_caption(root):
    rules = "".join(path.read_text(encoding="utf-8") for path in (root / "workflow/rules").glob("*.smk"))
    kinds = set(
        re.findall(r'(?:results/(?:\{dataset\}/)?|\{POPULATION\}/)figures/([a-z_0-9]+)[^"]*\.(?:png|gif)"', rules)
    )
    assert {"landscape", "density", "table1", "rulegraph"} < kinds
    assert kinds == set(TITLES)
    assert all((root / "workflow/report" / f"{kind}.rst").is_file() for kind in TITLES)


def test_every_caption_is_plain_text(root):
    for path in (root / "workflow/report").glob("*.rst"):
        assert not re.search(r"[`*{}|]|::|__", path.read_text(encoding="utf-8")), path.name
