"""Pages of the site that are kept elsewhere in the repository; links as GitHub resolves them.

Links in every Markdown file are relative to the file in the repository. Here a link to a page of the site becomes that
page's, and a link to any other file becomes one to its copy in `source/` of the site, so that the site is complete
without a network.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from posixpath import normpath, relpath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "docs" / "hooks"))

from slugs import github_slug  # noqa: E402

# Pages that other readers need where they are, by their place in the site.
KEPT_ELSEWHERE = {
    "how-to/profiles.md": "profiles/README.md",
    "reference/settings.md": "config/README.md",
    "reference/systems.md": "resources/systems/README.md",
    "reference/formats.md": "resources/formats/README.md",
    "reference/files.md": "results/README.md",
    "method/measured.md": "resources/measured/README.md",
    "contributing/contributing.md": "CONTRIBUTING.md",
    "contributing/changelog.md": "CHANGELOG.md",
}
_LINK = re.compile(r"(\]\()(?!\w+:)([^)#\s]*)((?:#[^)\s]*)?\))")
_FENCE = re.compile(r"^```.*?^```", re.DOTALL | re.MULTILINE)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Anchors of headings as on GitHub, so that a link holds on both."""
    config.mdx_configs.setdefault("toc", {})["slugify"] = github_slug
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in `docs/`, and every file of the repository that a page links to."""
    for place, original in KEPT_ELSEWHERE.items():
        files.append(File.generated(config, place, abs_src_path=str(ROOT / original)))
    originals = {_original(file): file.src_uri for file in files}
    linked = {target for file in list(files) if file.is_documentation_page() for target in _targets(file)}
    for target in sorted(linked - set(originals)):
        if not (ROOT / target).is_file():
            raise PluginError(f"{target}: a page links to it, and it is no file of the repository")
        if target.endswith(".md"):
            raise PluginError(f"{target}: a page links to it, and it is no page of the site")
        files.append(File.generated(config, f"source/{target}", abs_src_path=str(ROOT / target)))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between files of the repository into links between pages of the site."""
    places = {_original(file): file.src_uri for file in files}
    here, original = page.file.src_uri, _original(page.file)

    def turned(link: re.Match) -> str:
        if not link[2]:
            return link[0]
        target = places[_within(original, link[2])]
        return f"{link[1]}{relpath(target, PurePosixPath(here).parent)}{link[3]}"

    pieces = zip([*_FENCE.split(markdown)], [*_FENCE.findall(markdown), ""], strict=True)
    return "".join(_LINK.sub(turned, prose) + code for prose, code in pieces)


def _original(file: File) -> str:
    """Path of a file of the site in the repository."""
    if file.src_uri in KEPT_ELSEWHERE:
        return KEPT_ELSEWHERE[file.src_uri]
    return file.src_uri.removeprefix("source/") if file.src_uri.startswith("source/") else f"docs/{file.src_uri}"


def _within(original: str, link: str) -> str:
    return normpath(PurePosixPath(original).parent / link)


def _targets(file: File) -> Iterator[str]:
    """Files of the repository that a page links to."""
    for link in _LINK.finditer(_FENCE.sub("", file.content_string)):
        if link[2]:
            yield _within(_original(file), link[2])
