# Checks of existing results against their records and the current settings.
from weightflow.config.saved_settings import (
    check_named,
    check_saved,
    check_shared,
    check_sources,
)
from weightflow.records.record import ROOT

if ROOT in FOLDER.parent.parts:
    raise stopped(
        f"module {MODULE}: its prefix {FOLDER.parent} has a folder called {ROOT}, the name of the "
        "workflow's own folder; choose another prefix."
    )

# Snakemake records the parameters of each result in .snakemake and reruns a rule if they differ. The saved settings are
# compared instead if this record is missing, or if saved results must not be made again.
HAS_MEMORY = any(path.is_file() for path in Path(".snakemake").glob("metadata*/*"))
HAS_MEMORY |= Path(".snakemake", "metadata.db").is_file()
if workflow.is_main_process and (FROM_SAVED or not HAS_MEMORY):
    try:
        check_saved(OWN / "settings.yaml", config, CONFIG_SOURCE)
        check_shared(FOLDER, plan.asked(), CONFIG_SOURCE)
        if FROM_SAVED:
            check_named(OWN / "settings.yaml", config, CONFIG_SOURCE)
            check_sources(FOLDER, plan.sources())
    except InputError as fault:
        raise stopped(fault) from None


onstart:
    Path(os.environ[screen.FILE]).unlink(missing_ok=True)
    if not workflow.local_exec:
        os.environ |= {integrity.PATIENCE: PATIENCE}
    # Without this check Snakemake stops with a traceback.
    if not os.access("results" if Path("results").is_dir() else ".", os.W_OK):
        raise stopped(
            f"{Path('results').resolve()}: cannot be written; make it writable and run again: "
            "finished results are kept."
        )
    if not ARTEFACT:  # provenance is also printed for damaged results
        try:
            integrity.check_results(FOLDER, plan.concerns)
        except InputError as fault:
            raise stopped(fault) from None


onsuccess:
    from weightflow.report.closing import closing_lines  # takes most of a second

    runs = {d: plan.runs(d) for d in plan.datasets}
    pages = [OWN / "report.html", FOLDER.parent / PAGE / "report.html"]
    first = (
        Path(plan.run_of(plan.datasets[0], plan.models[0], plan.seeds[0]))
        if plan.models
        else None
    )
    print_last(
        closing_lines(OWN / "summary.csv", runs, pages, BEGAN, first and FOLDER.parent / first)
    )


onerror:
    print_last(screen.sentences_of_jobs())
