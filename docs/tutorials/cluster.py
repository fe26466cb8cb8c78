# %% [markdown]
# # On a cluster
#
# You will have the commands and settings that run the workflow on a SLURM cluster, and you will have read the plan of
# such a run on your own machine. Nothing is submitted and nothing is trained here. This takes a few minutes of reading;
# the commands that run take five seconds.
#
# Commands and Python run in the folder of a clone, with its environment.

# %%
import re
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
import yaml

# %% [markdown]
# ## What to run
#
# A cluster pays off for many models, data sets and seeds. This config has two systems, two models and five seeds.
#
# ```yaml
# # config/many.yaml
# seeds: [0, 1, 2, 3, 4]
# datasets:
#   epidemic: {system: epidemic, observe_every: 10}
#   toggle: {system: toggle_switch, observe_every: 10}
# models: {standard: standard, thorough: thorough}
# ```
#
# A dry run lists the jobs and starts none of them. It also checks the config. Do this before every large run.
#
# ```bash
# snakemake --dry-run --cores 2 --configfile config/many.yaml > plan.txt
# ```

# %%
plan = Path("plan.txt").read_text()
table = plan.split("Job stats:")[1].split("total")[0]
jobs = pd.Series({name: int(count) for name, count in re.findall(r"^([\w-]+) +(\d+)$", table, re.MULTILINE)})
print(f"{jobs.sum()} jobs of {len(jobs)} rules")

# %% Jobs of the plan, by rule; the rules with the most jobs. Those in blue run once for each model, data set and seed.
most = jobs.sort_values().tail(12)
figure, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
ax.barh(most.index, most, color=["tab:blue" if count == 20 else "0.7" for count in most])
ax.bar_label(ax.containers[0], padding=3)
ax.set_xlabel("number of jobs")
ax.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# Twenty is 2 data sets · 2 models · 5 seeds. These jobs train and predict, and they do not wait for each other: on a
# cluster all twenty fits can run at the same time. The other jobs are small.
#
# ## How it is submitted
#
# A profile says how to run, as a config says what to run. The profile for SLURM is a short file:

# %%
profile = yaml.safe_load(Path("profiles/slurm/config.yaml").read_text())
for key, value in profile.items():
    print(f"{key}: {value}")

# %% [markdown]
# - `executor: slurm`: jobs are submitted to SLURM. `jobs` is the largest number in the queue at a time.
# - `retries: 2`: a failed job is submitted twice more, each time with twice the memory and time.
# - `mem_mb` and `runtime` hold for rules without limits of their own. Training has its own: four gibibytes and more
#   with the size of the data, four hours, and one graphics card (`--gpus=1`).
# - `latency-wait: 60`: a result may appear on other nodes a minute late.
#
# The formulas are evaluated for each job. With a data file of 100 megabytes, a job without limits of its own gets 2600
# MiB and 10 minutes, and at its second attempt twice both.
#
# ## What to set
#
# Copy the profile and add what your cluster wants. Most clusters need a partition and an account. The file is YAML:
#
# ```yaml
# # profiles/mine/changes.yaml
# default-resources:
#   slurm_partition: compute
#   slurm_account: my_group
# set-resources:
#   train_anchors: {slurm_partition: gpu}
#   choose_smoothing: {slurm_partition: gpu}
#   fit_spline: {slurm_partition: gpu, runtime: 480}
# ```
#
# The three rules are those of this plan that request a card; the partition `gpu` must have some. Without a partition of
# their own they would wait for a card on `compute`.

# %%
changes = yaml.safe_load(Path("profiles/mine/changes.yaml").read_text())
mine = profile | changes | {"default-resources": profile["default-resources"] | changes["default-resources"]}
Path("profiles/mine/config.yaml").write_text(yaml.safe_dump(mine, sort_keys=False))
print(yaml.safe_dump({key: mine[key] for key in ("default-resources", "set-resources")}, sort_keys=False))

# %% [markdown]
# You may as well edit the copy by hand. `set-resources` names a rule; the names are those of the plan above.
#
# ## Submit
#
# On the login node, in a folder that all nodes share:
#
# ```sh
# make .venv/.installed && source .venv/bin/activate   # once
# pip install -r requirements-slurm.txt                # once
# snakemake --dry-run --profile profiles/mine --configfile config/many.yaml
# snakemake --profile profiles/mine --configfile config/many.yaml
# ```
#
# The command stays until the run ends, so start it in `tmux` or `screen`. Begin with one seed and the model `quick`. If
# that run ends with a report, the partition, the account and the shared folder are right.
#
# If your partition has no cards, SLURM rejects the request for one. Then set `gpu: 0` under `set-resources` for the
# rules that train. They train on a processor too.
#
# ## When something fails
#
# - The same command continues an interrupted run. Finished jobs stay.
# - If the command itself is killed, its submitted jobs go on. Cancel them by `scancel --name RUN`; the log's line
#   "SLURM run ID: RUN" has the name. Then run `snakemake --unlock`, and repeat the command.
# - The log of a job is in `results/DATASET/logs/`; SLURM's own logs of failed jobs are in
#   `.snakemake/slurm_logs/`.
#
# **What is not shown.** This page submits nothing. The profile is tested with a real SLURM on one node
# (`make test-slurm`). Several nodes and real cards are untested. Whether a card is faster is not known either: the
# networks are small, and twenty fits on twenty cores may end before twenty fits that wait for two cards.
#
# ## Where to go on
#
# - How long will it take? `snakemake estimate --cores 2 --configfile config/many.yaml` measures a small part of every
#   stage on one node.
# - Other schedulers, and Kubernetes: `profiles/README.md` in a clone.
# - What a model is: [Counts](counts.md).
