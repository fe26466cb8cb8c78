"""Registries: one for each kind of thing that has a name, and one entry for each such thing.

A registry is read by every job and while Snakemake parses the rules. It names its modules as text, so that none is
imported before it is used. The digest of a rule's code follows the names in the tables that are imported.
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
