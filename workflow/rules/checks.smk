# What can be checked only once every rule is known.
from types import SimpleNamespace


def parameters_now(record):
    """The parameters that the job of a record would be given now; nothing where there would be no such job."""
    if not workflow.is_rule(record.rule):
        return None
    wildcards = SimpleNamespace(**record.wildcards)
    try:
        return {
            name: value(wildcards) if callable(value) else value
            for name, value in workflow.get_rule(record.rule).params.items()
        }
    except KeyError:  # a data set, model or label that the configuration no longer has
        return None


FORGOTTEN = not any(Path(".snakemake/metadata").glob("*"))

if workflow.is_main_process:
    try:
        integrity.check_results(FOLDER)
        if FORGOTTEN and not (FROM_SAVED or ARTEFACT):
            integrity.check_parameters(parameters_now, FOLDER)
    except InputError as fault:
        raise WorkflowError(str(fault)) from None

if FROM_SAVED:
    # So that Snakemake leaves out the rules that are not allowed and takes their files as they are: where there is a
    # checkpoint, or an input is named by the rule that makes it, they would come back.
    for rule_of_any in workflow.rules:
        rule_of_any.is_checkpoint = False
        rule_of_any.dependencies.clear()
