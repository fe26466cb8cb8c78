"""A stand-in for conda that downloads nothing: its environments are made of what the running interpreter has.

It answers what Snakemake asks of conda (snakemake/deployment/conda.py). An environment holds what its file asks for, in
those versions, what that depends on, and what Snakemake brings along to every job; all else that is installed cannot be
imported in it. What has no exact version, or one that is not installed, is refused.
"""

import json
import platform
import re
import sys
import sysconfig
import venv
from argparse import ArgumentParser
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from rattler import MatchSpec, Version, VersionSpec

ON_PYPI = {"matplotlib-base": "matplotlib"}
INSTALLER = "pip"  # of what follows; no result depends on its version
EXACT = {"conda": re.compile(r"[\w.-]+ =[\w.]+"), "pip": re.compile(r"[\w.-]+==[\w.]+")}

ABSENT = """
import sys
from importlib.machinery import PathFinder

NAMES = {names!r}


class Present(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name in NAMES else super().find_spec(name, path, target)


sys.meta_path[sys.meta_path.index(PathFinder)] = Present
"""


def main(arguments: list[str]) -> None:
    """Answer one call."""
    match arguments:
        case ["--version"]:
            print("conda 24.7.1")
        case ["info", "--json"]:
            print(json.dumps({"conda_prefix": str(Path(__file__).resolve().parent), "platform": "linux-64"}))
        case ["config", "--get", "channel_priority", "--json"]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *options]:
            parser = ArgumentParser()
            for flag in ("--quiet", "--no-default-packages"):
                parser.add_argument(flag, action="store_true")
            for option in ("--file", "--prefix"):
                parser.add_argument(option, type=Path, required=True)
            asked = parser.parse_args(options)
            create(asked.prefix, yaml.safe_load(asked.file.read_text(encoding="utf-8"))["dependencies"])
        case ["clean", *_]:
            pass
        case _:
            sys.exit(f"The stand-in for conda does not know: conda {' '.join(arguments)}")


def create(prefix: Path, dependencies: list) -> None:
    """Make an environment of the packages asked for, or say which of them cannot be had."""
    conda = [spec for spec in dependencies if isinstance(spec, str) and spec != INSTALLER]
    pip = [spec for group in dependencies if isinstance(group, dict) for spec in group["pip"]]
    vague = [
        spec for kind, specs in (("conda", conda), ("pip", pip)) for spec in specs if not EXACT[kind].fullmatch(spec)
    ]
    if vague:
        sys.exit(f"UnpinnedError: no exact version in: {', '.join(vague)}")
    missing = [spec for spec in conda if not has_conda(spec)] + [spec for spec in pip if not has_pip(spec)]
    if missing:
        sys.exit(f"PackagesNotFoundError: not installed in this version: {', '.join(missing)}")
    names = [on_pypi(MatchSpec(spec, strict=True)) for spec in conda] + [Requirement(spec).name for spec in pip]
    present = closure([name for name in names if name != "python"] + [INSTALLER, "snakemake"])
    owners = metadata.packages_distributions().items()
    absent = {module for module, owned in owners if not present & {canonicalize_name(name) for name in owned}}

    venv.create(prefix, symlinks=True)
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(prefix), "platbase": str(prefix)}))
    (own / "absent.py").write_text(ABSENT.format(names=absent), encoding="utf-8")
    shared = dict.fromkeys(sysconfig.get_path(kind) for kind in ("purelib", "platlib"))
    (own / "stand_in.pth").write_text("\n".join([*shared, "import absent\n"]), encoding="utf-8")


def on_pypi(spec: MatchSpec) -> str:
    """Name that PyPI knows a package of conda's by."""
    name = spec.name.normalized
    return ON_PYPI.get(name, name)


def has_conda(text: str) -> bool:
    """Whether what is installed is what conda would take a spec for, by conda's own rules."""
    spec = MatchSpec(text, strict=True)
    name = on_pypi(spec)
    version = platform.python_version() if name == "python" else installed(name)
    return version is not None and VersionSpec(spec.version).matches(Version(version))


def has_pip(text: str) -> bool:
    """Whether what is installed is what pip would take a requirement for."""
    requirement = Requirement(text)
    version = installed(requirement.name)
    return version is not None and version in requirement.specifier


def installed(name: str) -> str | None:
    """Version of a distribution, or None where there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def closure(names: Iterable[str]) -> set[str]:
    """Distributions of these names, and all that they need, directly or not."""
    found, queue = set(), [Requirement(name) for name in names]
    while queue:
        asked = queue.pop()
        name = canonicalize_name(asked.name)
        if name in found or installed(name) is None:
            continue
        found.add(name)
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in ("", *asked.extras)):
                queue.append(needed)
    return found


main(sys.argv[1:])
