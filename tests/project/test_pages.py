"""Links and file names on the pages exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("*.md", "[!.]*/README.md", "resources/[!d]*/README.md")  # not those of a user's data
PAGES = sorted(page for place in PLACES for page in ROOT.glob(place))


def prose(page: Path) -> str:
    """A page without what its code blocks hold."""
    return re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)


def anchors(page: Path) -> set[str]:
    """What links within a page name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", prose(page))
    targets = [(page.parent / file if file else page, heading) for file, heading in links]
    assert [str(file) for file, _ in targets if not file.exists()] == []
    assert [(str(file), heading) for file, heading in targets if heading and heading not in anchors(file)] == []


def test_readme_begins_with_what_a_newcomer_needs():
    text = prose(ROOT / "README.md")
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert "![" in text.split("## ")[0]
    assert headings[:7] == [
        "Run it",
        "Your own data",
        "From Python",
        "On a cluster",
        "Figures from saved results",
        "What can go wrong, and what happens then",
        "Results",
    ]


def test_configs_and_profiles_that_readme_names_are_there():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    written = re.findall(r"^```yaml\n# (\S+)$", text, re.MULTILINE)  # by the reader
    named = set(re.findall(r"(?:config|profiles|envs|tests)/[\w/.-]+\.(?:yaml|py)", text)) - set(written)
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == set()
