"""Registries: tables from names to entries, one table for each kind of thing (backbones, metrics, figures, …).

Every job reads registries, and so does Snakemake when it parses the rules. They name modules as text, so a module is
imported only when it is used. The digest of a rule's code follows these names as it follows imports.
"""

import importlib
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Lazy:
    """A function or class that is imported when it is first used.

    Attributes:
        module: full name of its module, such as `weightflow.networks.gru`.
        name: its name there.
    """

    module: str
    name: str

    def load(self) -> Any:
        """The function or class itself."""
        return getattr(importlib.import_module(self.module), self.name)
