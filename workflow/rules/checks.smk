# Results that are here, against their records and against the settings of now.
from weightflow.config.saved_settings import check_named, check_saved, check_sources
from weightflow.records.record import ROOT

if ROOT in FOLDER.parent.parts:
    raise WorkflowError(
        f"module {MODULE}: its prefix {FOLDER.parent} has a folder called {ROOT}, which the workflow "
        "takes for its own; choose another prefix."
    )

# Snakemake remembers what each result was made with, and makes it anew where that differs. Where nothing is to be made
# anew, or where it remembers nothing, the saved settings are compared instead.
HAS_MEMORY = any(path.is_file() for path in Path(".snakemake").glob("metadata*/*"))
HAS_MEMORY |= Path(".snakemake", "metadata.db").is_file()
if workflow.is_main_process and (FROM_SAVED or not HAS_MEMORY):
    try:
        check_saved(FOLDER / "settings.yaml", config, CONFIG_SOURCE)
        if FROM_SAVED:
            check_named(FOLDER / "settings.yaml", config, CONFIG_SOURCE)
            check_sources(FOLDER, plan.sources())
    except InputError as fault:
        raise WorkflowError(str(fault)) from None


onstart:
    if not workflow.local_exec:
        os.environ |= {integrity.PATIENCE: PATIENCE}
    # Snakemake itself would stop with a traceback.
    if not os.access("results" if Path("results").is_dir() else ".", os.W_OK):
        raise WorkflowError(
            f"{Path('results').resolve()}: cannot be written; mend that, then run again: what is "
            "finished stays."
        )
    if not ARTEFACT:  # whose provenance is told of damaged results too
        try:
            integrity.check_results(FOLDER)
        except InputError as fault:
            raise WorkflowError(str(fault)) from None
