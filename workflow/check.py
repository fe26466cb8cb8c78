"""Check config files without Snakemake, which names neither file nor line of a fault in YAML.

Use: python workflow/check.py FILE [FILE …], from the folder of the run.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

from snakemake.utils import update_config

sys.path.insert(0, str(Path(__file__).resolve().parent / "scripts"))

from weightflow.config import consistency
from weightflow.config.origins import with_origin
from weightflow.config.plan import Plan
from weightflow.config.population_checks import check_population_files
from weightflow.config.population_plan import PopulationPlan
from weightflow.errors import InputError
from weightflow.yaml_files import read_config

HOME = Path(__file__).resolve().parents[1]


def check(files: list[str]) -> Plan:
    """The plan of config files, of which later ones take precedence.

    Raises:
        InputError: naming the file, the key or the line, and the fix.
    """
    given = {file: read_config(file) for file in files}
    content: dict[str, Any] = {}
    if not any("datasets" in own for own in given.values()):
        content = read_config(HOME / "config" / "config.yaml")
    for own in given.values():
        update_config(content, own)
    source = ", ".join(files)
    try:
        plan = Plan.of(content, HOME, source, [Path(file) for file in files])
        consistency.check_files(plan.config, source, [Path(file).parent for file in files])
        consistency.check_systems(plan.config, plan.systems, source)
        check_population_files(
            PopulationPlan.of(plan, source).populations, source, [Path(file).parent for file in files]
        )
    except InputError as fault:
        raise InputError(with_origin(str(fault), source, given)) from None
    return plan


def main() -> None:
    """Check the files, or exit with an error sentence."""
    parser = argparse.ArgumentParser(description="Check config files: YAML, keys, paths of files and systems.")
    parser.add_argument("files", nargs="+", help="config files; later ones take precedence")
    files = parser.parse_args().files
    try:
        plan = check(files)
    except InputError as fault:
        sys.exit(f"Error: {fault}")
    print(f"{', '.join(files)}: data sets {', '.join(plan.datasets)}; models {', '.join(plan.models) or 'none'}.")


if __name__ == "__main__":
    main()
