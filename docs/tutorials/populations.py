# %% [markdown]
# # Populations of networks
#
# You will have a hundred small trained networks, a hundred generated ones, and a measurement of whether the generated
# ones are accurate and new. This takes one minute on two cores. Nothing is downloaded.
#
# Why populations? WeightFlow moves the weights of one network through time. Then it matters what a distribution over
# weights looks like, and whether one can draw from it. Here the networks do a simple task, so that their quality is
# easy to measure.
#
# Commands and Python run in the folder of a clone, with its environment.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

# %% [markdown]
# ## The task
#
# Each network learns to tell three species of iris apart by four lengths. There are 150 flowers. 30 % of them are the
# test part, that is 45 flowers. Keep this number in mind.

# %% The flowers, by two of the four lengths.
iris = load_iris()
figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
for species, name in enumerate(iris.target_names):
    part = iris.data[iris.target == species]
    ax.plot(part[:, 2], part[:, 3], "o", ms=3.5, alpha=0.7, label=name)
ax.set(xlabel="length of the petal (cm)", ylabel="width of the petal (cm)")
ax.legend(frameon=False)

# %% [markdown]
# ## The run
#
# A population is a task, an architecture and a number of networks. By default a network has 16 hidden units and 131
# weights. Each generator draws as many networks as `generated` says.
#
# ```yaml
# # config/networks.yaml
# seeds: [0]
# populations:
#   iris:
#     task: iris
#     training: {networks: 100}
#     generated: 100
# ```

# %% [hidden]
import os

if os.environ.get("WEIGHTFLOW_SMALL"):
    short = "training: {networks: 10, epochs: 2}\n    flow: {width: 8, steps: 4, batch: 8, alignments: [aligned]}"
    config = Path("config/networks.yaml")
    text = config.read_text().replace("training: {networks: 100}", short).replace("generated: 100", "generated: 6")
    config.write_text(text)

# %% [markdown]
# ```bash
# snakemake populations --cores 2 --configfile config/networks.yaml
# ```
#
# ## The trained networks
#
# The run trains all networks at once, from different random weights.

# %% Accuracy of every network during training, on the validation part. Thick: the mean.
curves = pd.read_csv("results/populations/iris/seed0/curves.csv")
figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
for _, curve in curves.groupby("network"):
    ax.plot(curve["epoch"], 100 * curve["validation"], color="tab:blue", lw=0.5, alpha=0.25)
mean = curves.groupby("epoch")["validation"].mean()
ax.plot(mean.index, 100 * mean, color="black", lw=2)
ax.set(xlabel="epoch", ylabel="accuracy (%)")

# %% [markdown]
# ## The generated networks
#
# A new network is easy to make: copy an old one and add a little noise. So accuracy alone proves nothing. A generator
# is good if its networks are accurate, differ from the trained ones, and differ from each other. The table has all
# three.

# %%
summary = pd.read_csv("results/networks/populations/summary.csv")
columns = {"accuracy_mean": "accuracy (%)", "accuracy_deviation": "± (%)", "nearest": "nearest", "spread": "spread"}
wide = summary.pivot_table(index=["layout", "source"], columns="metric", values="mean", sort=False)[list(columns)]
wide[["accuracy_mean", "accuracy_deviation"]] *= 100
print(wide.rename(columns=columns).round(2).to_string())

# %% [markdown]
# - `nearest` is the mean distance to the nearest trained network, in units of the mean distance between two trained
#   networks. A copy has 0.
# - `spread` is the mean distance between two networks of the same source, in the same unit.
# - `flow` is learned: a flow from noise to weights. `gaussian`, `covariance` and `kernel` are simple densities.
#   `jittered` networks are copies with small noise.

# %% Accuracy and novelty of each generator, from aligned (filled) and raw (open) networks. Upper right is best.
trained = wide.loc["aligned", "trained"] if ("aligned", "trained") in wide.index else wide.iloc[0]
sources = [source for source in wide.index.unique("source") if source != "trained"]
figure, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
for colour, source in enumerate(sources):
    for layout, face in (("aligned", f"C{colour}"), ("raw", "white")):
        if (layout, source) in wide.index:
            row = wide.loc[(layout, source)]
            label = source if layout == "aligned" else None
            ax.plot(row["nearest"], row["accuracy_mean"], "o", ms=8, color=f"C{colour}", mfc=face, label=label)
ax.axhline(trained["accuracy_mean"], color="0.6", lw=1, ls="--")
ax.text(0.01, trained["accuracy_mean"], "trained networks", color="0.4", va="bottom", fontsize="small")
ax.set(xlabel="distance to the nearest trained network", ylabel="mean accuracy (%)", xlim=(0, None))
ax.margins(y=0.12)
ax.legend(frameon=False, loc="lower left", fontsize="small")

# %% [markdown]
# ## Why align?
#
# Swapping two hidden units of a network changes its weights and not its outputs. So two networks may be equal and look
# far apart. Alignment permutes the units of each network to match a reference. The figure compares generators that saw
# aligned networks with generators that saw raw ones.

# %% Accuracies of single networks; each dot is a network, the bar is the mean.
files = sorted(Path("results/populations/iris/seed0/metrics").glob("accuracies-*.csv"))
names = ["trained", "flow", "gaussian", "covariance", "jittered"]
figure, axes = plt.subplots(1, len(files), figsize=(8, 2.8), sharey=True, squeeze=False, layout="constrained")
jitter = np.random.default_rng(0)
for ax, file in zip(axes[0], files, strict=True):
    table = pd.read_csv(file)
    for place, name in enumerate(names):
        values = 100 * table.loc[table["source"] == name, "accuracy"]
        ax.plot(place + jitter.uniform(-0.25, 0.25, len(values)), values, ".", ms=3, alpha=0.5, color="tab:blue")
        ax.hlines(values.mean(), place - 0.3, place + 0.3, color="black")
    ax.set_xticks(range(len(names)), names, rotation=30, ha="right", fontsize="small")
    ax.set_title(file.stem.removeprefix("accuracies-"))
axes[0, 0].set_ylabel("accuracy (%)")

# %% [markdown]
# From raw networks a Gaussian draws nonsense: it mixes units that do different things in different networks. From
# aligned networks the same Gaussian reaches 84 %. The flow loses four points without alignment and one with it.
#
# Now read the numbers critically.
#
# - The test part has 45 flowers. One flower is 2.2 points of accuracy, and the standard error of a network's accuracy
#   is 4.5 points. All networks are tested on the same flowers, so a mean over 100 networks does not remove this error.
#   The trained networks, the flow and the copies are equal within it.
# - Copies with noise are as accurate as the flow's networks. Only the distance tells them apart: 0.18 and 0.47. Two
#   trained networks that are nearest to each other are at 0.80. The flow's networks are new, but less new than another
#   training would make them.
# - The Gaussian with covariance is newer than the flow and a little less accurate. Which is better depends on the use.
#
# **What is not shown.** One seed, one small task. `config/populations.yaml` in a clone has three more populations, and
# its measurements are means over three seeds. On the digits the flow's networks are as near to the trained ones as
# copies are: there it has learned little that is new.
#
# ## Where to go on
#
# - Other tasks, architectures and auto-encoders: [Populations of networks](../populations.md).
# - Networks that describe snapshots: the task `snapshot`, on the same page.
