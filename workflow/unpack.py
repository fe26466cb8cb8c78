"""Unpack an archive of results into a new folder: python workflow/unpack.py ARCHIVE FOLDER."""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "scripts"))

from weightflow.errors import InputError
from weightflow.records.archive import unpack


def main() -> None:
    """Unpack the archive, or exit with an error sentence."""
    parser = argparse.ArgumentParser(description="Unpack an archive of results, and check that it is whole.")
    parser.add_argument("archive", type=Path, help="file made by `snakemake archive`")
    parser.add_argument("folder", type=Path, help="a new folder")
    arguments = parser.parse_args()
    try:
        count = unpack(arguments.archive, arguments.folder)
    except InputError as fault:
        sys.exit(f"Error: {fault}")
    print(f"{arguments.folder}: {count} files, whole by their checksums.")


if __name__ == "__main__":
    main()
