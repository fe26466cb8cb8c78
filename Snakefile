# For `snakemake` in the root of a clone; the workflow is workflow/Snakefile.
include: "workflow/Snakefile"


# The default target of an included file does not count.
rule default:
    default_target: True
    input:
        rules.all.input,
    message:
        "Whole run: {input}"
