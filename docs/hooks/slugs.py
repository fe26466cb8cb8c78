"""Anchors of headings as GitHub makes them."""

import re


def github_slug(heading: str, separator: str = "-") -> str:
    """The anchor of a heading: its words in lower case, joined by hyphens."""
    return re.sub(r"[^\w\- ]", "", heading.lower().strip()).replace(" ", separator)
