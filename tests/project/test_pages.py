"""What the pages say holds: links, files, configs, commands and names."""

import ast
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from itertools import dropwhile, groupby
from pathlib import Path

import pytest
import yaml

import weightflow
from weightflow.config.settings import Configuration

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("*.md", "docs/**/*.md", "[!.]*/README.md", "resources/[!d]*/README.md")  # not those of a user's data
PAGES = sorted({page for place in PLACES for page in ROOT.glob(place)} - {*ROOT.glob("results/[!R]*")})
TEXT = {str(page.relative_to(ROOT)): page.read_text(encoding="utf-8") for page in PAGES}
FENCED = re.compile(r"^( *)```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
DATA = {"d": {"file": "d.npy"}}


def prose(page: Path) -> str:
    """A page without what its code blocks hold."""
    return FENCED.sub("", page.read_text(encoding="utf-8"))


def blocks(*languages: str) -> list:
    """The code blocks of all pages in these languages, as test parameters."""
    return [
        pytest.param(block, id=f"{page}:{text[: found.start()].count(chr(10)) + 1}")
        for page, text in TEXT.items()
        for found in FENCED.finditer(text)
        if found[2] in languages and (block := re.sub(f"^{found[1]}", "", found[3], flags=re.MULTILINE))
    ]


def anchors(page: Path) -> set[str]:
    """What links within a page name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def commands(block: str, program: str) -> Iterator[list[str]]:
    """The arguments of each call of a program in a shell block."""
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.shlex(line, posix=True, punctuation_chars="&;|")
        words.whitespace_split = True
        for _, call in groupby(words, key=lambda word: word in ("&&", ";", "|", "||")):
            call = list(dropwhile(lambda word: re.match(r"\w+=", word), call))
            if call[:1] == [program]:
                yield call[1:]


@pytest.fixture(scope="module")
def make_targets() -> set[str]:
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("$(VENV)", ".venv")
    return set(re.findall(r"^([\w./-]+):(?!=)", text, re.MULTILINE))


@pytest.fixture(scope="module")
def snakemake_targets() -> set[str]:
    """Named targets and rules of the workflow."""
    sources = [ROOT / "workflow" / "Snakefile", *(ROOT / "workflow" / "rules").glob("*.smk")]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    return set(re.findall(r"(?<=rule )\w+(?=:$)|(?<=checkpoint )\w+(?=:$)|(?<=\")[\w-]+(?=\"$)", text, re.MULTILINE))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page):
    links = re.findall(r"\]\((?!https?:)([^)#]*)#?([^)]*)\)", prose(page))
    targets = [(page.parent / file if file else page, heading) for file, heading in links]
    assert [str(file) for file, _ in targets if not file.exists()] == []
    assert [(str(file), heading) for file, heading in targets if heading and heading not in anchors(file)] == []


def test_readme_is_short_and_begins_with_what_a_newcomer_needs():
    text = prose(ROOT / "README.md")
    assert len(TEXT["README.md"].splitlines()) <= 150
    assert "![" in text.split("## ")[0]
    headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert headings == ["Run it", "Your own data", "From Python", "Results", "Where to go on"]


def test_configs_and_profiles_that_pages_name_are_there():
    """Apart from those that a reader writes: a block of a page that begins with the file's name shows them."""
    shown = re.findall(r"^ *```yaml\n *# (\S+)$", "\n".join(TEXT.values()), re.MULTILINE)
    shown += re.findall(r'^Path\("(\S+)"\)\.write_text', "\n".join(TEXT.values()), re.MULTILINE)
    named = set(re.findall(r"(?<![\w/])(?:config|profiles|envs|tests)/[\w/.-]+\.yaml", "\n".join(TEXT.values())))
    assert len(named) > 20
    assert {name for name in named - set(shown) if not (ROOT / name).exists()} == set()


@pytest.mark.parametrize("block", blocks("yaml"))
def test_configs_on_pages_are_valid(block):
    content = yaml.safe_load(block)
    assert isinstance(content, dict)
    if "datasets" in content or content.keys() & Configuration.model_fields.keys():
        Configuration.of({"datasets": DATA, **content}, "page")


@pytest.mark.parametrize("block", blocks("python"))
def test_python_on_pages_can_be_parsed(block):
    if not block.startswith("# Snakefile"):  # tests/workflow/test_module.py runs it
        ast.parse(block)


@pytest.mark.parametrize("block", blocks("bash", "sh"))
def test_commands_on_pages_exist(block, make_targets, snakemake_targets):
    for words in commands(block, "make"):
        targets = [word for word in words if "=" not in word and not word.startswith("-")]
        assert set(targets) <= make_targets
        assert targets
    for words in commands(block, "snakemake"):
        options = [i for i, word in enumerate(words) if word.startswith("-")]
        targets = words[: options[0] if options else None]
        targets += [words[i + 1] for i in options if words[i] == "--until"]
        assert set(targets) <= snakemake_targets


def test_every_target_is_on_the_page_of_commands(make_targets, snakemake_targets):
    page = TEXT["docs/reference/commands.md"]
    told = set(re.findall(r"`make ([\w-]+)", page))
    assert told == {target for target in make_targets if re.fullmatch(r"[\w-]+", target)}
    told = set(re.findall(r"^\| (?:none, or )?`([a-z][\w-]*)` \|", page, re.MULTILINE))
    text = (ROOT / "workflow" / "Snakefile").read_text(encoding="utf-8")
    assert told <= snakemake_targets
    assert told >= set(re.findall(r"^ *rule (\w+):", text, re.MULTILINE))


def test_every_public_name_is_on_the_page_of_python():
    told = re.findall(r"^::: (\S+)$", TEXT["docs/reference/python.md"], re.MULTILINE)
    public = {f"weightflow.{module}.{name}" for name, module in weightflow._PUBLIC.items()}
    assert public <= set(told)
    modules = [Path(ROOT, "workflow/scripts", *name.split(".")[:-1]).with_suffix(".py") for name in told]
    assert [str(module) for module in modules if not module.exists()] == []


def test_the_version_is_the_same_everywhere():
    version = weightflow.__version__
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == version
    assert re.search(r"^## (\S+)", TEXT["CHANGELOG.md"], re.MULTILINE)[1] == version
    named = [*(ROOT / "profiles" / "kubernetes").iterdir(), ROOT / "profiles" / "README.md"]
    tags = {tag for path in named for tag in re.findall(r"/weightflow:([\d.]*\d)", path.read_text(encoding="utf-8"))}
    assert tags == {version}


def test_workflows_of_the_repository_call_what_is_there(make_targets):
    found = sorted((ROOT / ".github").rglob("*.yml"))
    assert len(found) >= 6
    for path in found:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for job in content.get("jobs", {}).values():
            for step in job["steps"]:
                for words in commands(step.get("run", ""), "make"):
                    assert set(words) <= make_targets, path.name


@pytest.mark.slow
def test_the_site_is_built_with_every_link_and_needs_no_network(tmp_path):
    pytest.importorskip("mkdocs", reason="mkdocs is not installed; make site installs requirements-docs.txt")
    pytest.importorskip("mkdocstrings_handlers.python", reason="requirements-docs.txt is not installed as a whole")
    command = [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(tmp_path / "site")]
    result = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert result.returncode == 0, result.stdout
    pages = {path: path.read_text(encoding="utf-8") for path in (tmp_path / "site").rglob("*.html")}
    assert len(pages) > 40
    loaded = r"<(?:script|img|iframe)[^>]*\ssrc=\"https?:|<link rel=\"stylesheet\"[^>]*href=\"https?:"
    assert [path.name for path, text in pages.items() if re.search(loaded, text)] == []
    python = pages[tmp_path / "site" / "reference" / "python.html"]
    assert all(f">{name}<" in python for name in ("from_anndata", "probability", "Estimate"))
