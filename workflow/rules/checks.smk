# What can be checked only once every rule is known.
from types import SimpleNamespace

from snakemake.exceptions import IncompleteCheckpointException


from weightflow.records.record import ROOT

# Commands that make nothing of results: they show what there is, or take away what is damaged.
LOOKING = {
    "--cleanup-metadata",
    "--dag",
    "--delete-all-output",
    "--delete-temp-output",
    "--detailed-summary",
    "-D",
    "--filegraph",
    "--rulegraph",
    "--summary",
    "-S",
    "--unlock",
}


def parameters_now(record):
    """The parameters that the job of a record would be given now; nothing where there would be no such job."""
    path = str(FOLDER / record.path)
    if not workflow.is_rule(record.rule):
        return None
    producer = workflow.get_rule(record.rule)
    if not producer.is_producer(path):  # with the configuration's data sets, models and labels
        return None
    wildcards = SimpleNamespace(**producer.get_wildcards(path))
    try:
        return {
            name: value(wildcards) if callable(value) else value
            for name, value in producer.params.items()
        }
    except (KeyError, IncompleteCheckpointException):  # no such job, or nobody knows yet
        return None


if ROOT in FOLDER.parent.parts:
    raise WorkflowError(
        f"module {MODULE}: its prefix {FOLDER.parent} has a folder called {ROOT}, which the workflow "
        "takes for its own; choose another prefix."
    )

if workflow.is_main_process and LOOKING.isdisjoint(sys.argv):
    try:
        integrity.check_results(FOLDER)
        if not FROM_SAVED:
            agreement.check_parameters(parameters_now, FOLDER)
    except InputError as fault:
        if rules.provenance.rule.name not in sys.argv:
            raise WorkflowError(str(fault)) from None
        logger.warning(str(fault))

if workflow.is_main_process and FROM_SAVED and any(MEASURED_HERE) and not POPULATIONS_MADE:
    logger.warning(
        f"{MEASURED_HERE.count(False)} of {len(MEASURED_HERE)} results of populations are not there, and no figure "
        "of them is made; run snakemake populations to the end first."
    )

if FROM_SAVED:
    # So that Snakemake leaves out the rules that are not allowed and takes their files as they are: where there is a
    # checkpoint, or an input is named by the rule that makes it, they would come back.
    for rule_of_any in workflow.rules:
        rule_of_any.is_checkpoint = False
        rule_of_any.dependencies.clear()


onstart:
    if not workflow.local_exec:
        os.environ |= {integrity.PATIENCE: PATIENCE}
    # Snakemake itself would stop with a traceback.
    if not os.access("results" if Path("results").is_dir() else ".", os.W_OK):
        raise WorkflowError(
            f"{Path('results').resolve()}: cannot be written; mend that, then run again: what is "
            "finished stays."
        )
    if FROM_SAVED:
        read = {str(path) for job in workflow.dag.jobs for path in job.input}
        made = {str(path) for job in workflow.dag.jobs for path in job.output}
        try:
            agreement.check_saved(read - made, parameters_now, REDRAWN, CONFIG_SOURCE)
        except InputError as fault:
            raise WorkflowError(str(fault)) from None
