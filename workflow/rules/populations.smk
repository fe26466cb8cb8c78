# Populations of networks: their plan and input functions.
#
# Their settings are read only for their own targets.
from functools import cache

from weightflow.config.population_checks import check_population_files
from weightflow.config.population_plan import FURTHER, LAYOUTS, POPULATION, PopulationPlan
from weightflow.config.saved_settings import check_saved_populations, check_shared
from weightflow.populations.autoencoders.settings import BASE, changes_of, fit_keys
from weightflow.populations.registry import GENERATORS, LEARNED

MEMBERS = f"{POPULATION}/seed{{seed}}"
LOADED = f"{POPULATION}/loaded"  # networks from files, the same for all seeds
PAGE = f"{plan.folder}/populations"  # tables and page of this run
MADE_WITH = OWN / "populations" / "settings.yaml"  # settings of the saved populations


wildcard_constraints:
    population=r"[^/]+",
    layout=any_of(LAYOUTS),
    generator=any_of(LEARNED),
    structural=r"[\d.e-]+",
    variant=r"[A-Za-z][\w-]*",
    other=r"\w+",


def population_source():
    """The file with the settings of populations; None if the configuration has them.

    For figures from saved results it is the file of the saved settings, for the default run config/populations.yaml.
    """
    if plan.config.populations:
        return None
    if FROM_SAVED and MADE_WITH.is_file():
        return MADE_WITH
    if IS_DEFAULT_RUN:
        return HOME / "config" / "populations.yaml"
    raise InputError(
        f"{CONFIG_SOURCE}: names no populations; add this key, or run without a config file for those of "
        "config/populations.yaml."
    )


@cache
def populations():
    """The plan of populations."""
    try:
        file = population_source()
        found = PopulationPlan.of(plan, CONFIG_SOURCE, file)
        if not (
            MODULE or FROM_SAVED or ARTEFACT
        ):  # rules of an importing workflow may make the files
            folders = [Path(own).parent for own in ([file] if file else FILES)]
            check_population_files(found.populations, str(file or CONFIG_SOURCE), folders)
        if FROM_SAVED:
            check_saved_populations(MADE_WITH, found.plain(), str(file or CONFIG_SOURCE))
            check_shared(FOLDER, found.asked(), str(file or CONFIG_SOURCE))
    except InputError as fault:
        raise stopped(fault) from None
    return found


if plan.config.populations:
    populations()  # an error in the config is reported before training


def population(wildcards):
    """Settings of one population."""
    return populations().population(wildcards.population)


def sections_of_population(*sections, without=""):
    """Sections of a population's settings that a stage depends on."""
    return lambda w: populations().sections(w.population, *sections, without=without)


def members(file, seed="{seed}"):
    """Input function: a file of a population's networks, which were trained with a seed or loaded."""
    return lambda w: f"{populations().members(w.population, seed)}/{file}"


def laid_out(wildcards):
    """The population with the wildcard's layout, raw or aligned."""
    file = {"raw": "population", "aligned": "aligned"}[wildcards.layout]
    return members(f"{file}.safetensors")(wildcards)


def module_file(wildcards):
    """The file that builds the networks' module, if they have one; else []."""
    source = population(wildcards).networks.module
    return local([source.rpartition(":")[0]]) if source else []


def network_contents(wildcards):
    """Digests of the files of a population's networks and of their module."""
    return contents(
        [*populations().files_of_networks(wildcards.population), *module_file(wildcards)]
    )


def fitted_to(layout="{layout}"):
    """Input function: names of the generators that are fitted to a layout of a population."""
    return lambda w: [name for name, _ in populations().learned(w.population, layout.format(**w))]


def structural_of(wildcards):
    """Weights of the structural loss of a population's auto-encoders."""
    return list(population(wildcards).autoencoder.structural)


def of_each_structural(pattern):
    """Input function: a pattern for every weight of the structural loss."""
    return lambda w: expand(pattern, structural=structural_of(w), allow_missing=True)


def further_tables(*kinds):
    """The further tables of all populations that have any rows."""
    return [f"{PAGE}/{kind}.csv" for kind in kinds if populations().further(kind)]


def populations_made():
    """The page about populations and their settings if all results of the page exist; else []."""
    if not MADE_WITH.is_file() or fault_of("populations"):
        return []
    files = populations().measured()
    missing = [f for f in files if not (FOLDER.parent / f).is_file()]
    if missing:
        logger.warning(
            f"{len(missing)} of {len(files)} results of populations are not there, so their figures are left out; "
            "run snakemake populations to the end first."
        )
        return []
    return [f"{populations().folder}/{name}" for name in ("report.html", "settings.yaml")]


def populations_asked(wildcards):
    """The files of `snakemake populations`; a refusal without populations."""
    if fault_of("populations"):
        return "results/refused/populations.json"
    names = ("metrics.csv", "summary.csv", "report.html", "settings.yaml")
    tables = [f"{populations().folder}/{name}" for name in names]
    checked = populations().checked_autoencoders()
    return [*tables, *further_tables(*FURTHER), *populations().written(), *checked]


def drawn(wildcards):
    """The files of the run, if it was made, and the page about populations, if they were made."""
    page = populations_made()
    return page if page and not (OWN / "settings.yaml").is_file() else [*plan.whole_run(), *page]
