# Stages whose outputs workflows may share (snakemake --cache, with a folder in SNAKEMAKE_OUTPUT_CACHE): simulation,
# anchors and weight graph.

if SHARES_CACHE:
    for rule_of_cache in ("simulate_system", "train_anchors", "build_weight_graph"):
        # Snakemake takes no time of a job that a cache may stand in for, and refuses a rule that asks for one.
        workflow.get_rule(rule_of_cache)._benchmark = None
