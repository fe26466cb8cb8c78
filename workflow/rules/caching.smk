# Stages whose outputs workflows may share (snakemake --cache, with a folder in SNAKEMAKE_OUTPUT_CACHE): simulation,
# anchors and weight graph.

if SHARES_CACHE:

    # So that jobs on other machines know their links into it.
    envvars:
        "SNAKEMAKE_OUTPUT_CACHE",

    for shared in (rules.simulate_system, rules.train_anchors, rules.build_weight_graph):
        # Snakemake takes no time of a job that a cache may stand in for, and refuses a rule that asks for one.
        shared.rule._benchmark = None
