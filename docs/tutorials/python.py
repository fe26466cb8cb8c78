# %% [markdown]
# # From Python alone
#
# You will have a model of your own table, know the methods of a density, draw figures into your own axes, and save the
# model to one file. Nothing but the library is needed: `pip install .` in a clone. This takes half a minute on one
# core.

# %%
import anndata
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import weightflow as wf

# %% [markdown]
# ## A table
#
# The table has a row for each measured cell: the time, and two fluorescent proteins. The times are not evenly spaced,
# and the snapshots have different sizes. Both are allowed. Rows may be in any order.

# %%
rng = np.random.default_rng(7)


def reporters(time: float, number: int) -> pd.DataFrame:
    """Cells of a stimulated culture: most respond, a quarter does not."""
    responds = rng.random(number) < 0.75
    level = np.where(responds, 1 - np.exp(-time / 2), 0)
    green = 1 + 2 * level + rng.normal(0, 0.3, number)
    red = 1 + 1.5 * level * green / 3 + rng.normal(0, 0.25, number)
    return pd.DataFrame({"hours": time, "green": green, "red": red})


sizes = {0: 300, 1: 400, 2.5: 350, 4: 400, 7: 300}
table = pd.concat([reporters(time, number) for time, number in sizes.items()], ignore_index=True)
print(table.groupby("hours").agg(["count", "mean", "std"])[["green", "red"]].round(2).to_string())

# %% The five snapshots.
figure, axes = plt.subplots(1, 5, figsize=(8.5, 2.3), sharex=True, sharey=True, layout="constrained")
for ax, (time, part) in zip(axes, table.groupby("hours"), strict=True):
    ax.plot(part["green"], part["red"], ".", ms=2.5, color="0.45")
    ax.set(title=f"{time:g} h", xlabel="green", xticks=[0, 2, 4])
axes[0].set_ylabel("red")

# %% [markdown]
# ## Data
#
# `from_snapshots` takes this table. Print what it made of it: kind, variables, times and sizes. A fifth of the cells is
# held out, for scores.

# %%
data = wf.from_snapshots(table, time="hours", time_label="time (hours)")
print(data)

# %% [markdown]
# Other ways in: `wf.from_snapshots({0: x0, 1: x1, 2.5: x2})` for arrays, `wf.from_anndata(adata, time="day")` for
# single cells in memory, `wf.read("cells.csv", time="hours")` for files, `wf.simulate("epidemic")` for systems.
#
# A mistake is an `InputError` of one sentence.

# %%
try:
    wf.from_snapshots(table, time="days")
except wf.InputError as fault:
    print(fault)

# %% [markdown]
# ## A fit, and its first figure

# %%
flow = wf.fit(data, preset="quick", seed=0, progress=False)
print(flow)

# %% Mean and central bands of the model; the snapshots with their means and central 90 %.
figure, axes = plt.subplots(2, 1, figsize=(7, 4.5), sharex=True, layout="constrained")
axes = flow.plot.motion(axes=axes)

# %% [markdown]
# The snapshots should lie on the bands. The mean and bands hide something here: two kinds of cells. The marginals show
# them.

# %% Marginals at 1 and 4 hours, with the snapshots in grey, and at an unseen time between them, 1.7 hours.
figure, axes = plt.subplots(2, 3, figsize=(8.5, 4), layout="constrained")
axes = flow.plot.marginals(times=[1, 1.7, 4], axes=axes)

# %% [markdown]
# Every method of `plot` takes axes and returns them, so the figures fit into your own. Without axes it makes a figure.
#
# ## A density
#
# `flow.at(time)` is a density at any time between the first and the last snapshot. Its methods are those of
# `torch.distributions`, with names of variables.

# %%
p = flow.at(1.7)
print(p)
print(p.mean.round(3).to_string())
print(p.covariance.round(3).to_string())
print(p.quantile([0.05, 0.5, 0.95]).round(3).to_string())
print(f"entropy {p.entropy():.3f} nats")

# %% [markdown]
# Probabilities of events come with a standard error, because sums over real values are made by drawing. For small
# systems of counts they are exact, and the error is 0.

# %%
responders = p.probability("green > 1.8 and red > 1.2")
print(f"{responders:.4f} ± {responders.error:.4f}")

# %% [markdown]
# This error is that of the drawing alone. It says nothing about the error of the model, which is much larger. Another
# seed says something about that. Here we can also ask the truth.

# %%
again = wf.fit(data, preset="quick", seed=1, progress=False)
print(f"{again.at(1.7).probability('green > 1.8 and red > 1.2'):.4f} with another seed")
truth = reporters(1.7, 100_000).eval("green > 1.8 and red > 1.2").mean()
print(f"{truth:.4f} in truth")

# %% [markdown]
# `given` fixes a variable. The result is a density of the others.

# %%
for green in (1.0, 2.2):
    print(f"green = {green}: mean of red {p.given(green=green).mean['red']:.2f}")

# %% The joint density at 1.7 hours (blue), over cells drawn from the truth (grey points).
joint = p.joint("green", "red")
cells = reporters(1.7, 300)
figure, ax = plt.subplots(figsize=(4.5, 3.5), layout="constrained")
mesh = ax.pcolormesh(joint.index, joint.columns, joint.T, cmap="Blues", shading="nearest", rasterized=True)
ax.plot(cells["green"], cells["red"], ".", ms=2.5, color="0.35")
ax.set(xlabel="green", ylabel="red", xlim=(0, 3.5), ylim=(0, 3))
figure.colorbar(mesh, label="density")

# %% [markdown]
# ## Scores
#
# `score` is the log-likelihood of each state at its time. The mean over held-out cells is the number to compare models
# by. `compare` does it with baselines. Here all times were seen by all methods, so this tests the fit and not the
# prediction; to test a prediction, leave a snapshot out, as in [Cells](cells.md).

# %%
heldout = data.to_frame(heldout=True)
scores = flow.score(heldout, heldout["time"])
print(f"{scores.mean():.3f} ± {scores.std() / np.sqrt(len(scores)):.3f} nats per cell")
comparison = flow.compare(data, baselines=["mixture_kernel", "transport_kernel"], samples=300)
print(comparison[["nll", "w1_joint"]].round(3).to_string())

# %% [markdown]
# Mind the units: `score` is the log-likelihood of a whole state, in the units of the table. `nll` is the negative
# log-likelihood per variable, here half as much, and its mean leaves out the first time. A smaller `nll` is better.
# `floor_independent` is the distance `w1_joint` between two samples of the same cells: no method can be expected below
# it. The methods differ by 0.04 to 0.05 in `nll`, twice that for a cell, and the first line has a standard error of
# 0.06: these data hardly decide which method is best.
#
# ## Samples, and files
#
# `sample` gives a data frame, `to_anndata` gives cells for scanpy at several times. `save` writes one file with the
# weights, the settings and the data of the fit.

# %%
print(p.sample(3, seed=0).round(3).to_string())
predicted = flow.to_anndata(times=[0.5, 1.7, 5.5], samples=200)
predicted.write_h5ad("predicted.h5ad")
print(anndata.read_h5ad("predicted.h5ad"))

flow.save("reporters.flow")
loaded = wf.load("reporters.flow")
print(loaded)
print("same weights:", np.array_equal(loaded.weights([1.7]), flow.weights([1.7])))

# %% [markdown]
# The file holds the cells of the fit. Do not publish it if you may not publish the data.
#
# Last, a look at what the method does. Each time has a network of its own; its weights move along a learned curve. The
# anchors, one network for each snapshot, are where the learning of the curve began. It need not end on them: different
# weights can give the same density.

# %% The path of the weights between the five snapshots, reduced to two dimensions.
figure, ax = plt.subplots(figsize=(5, 3.6), layout="constrained")
ax = flow.plot.weights_path(ax)

# %% [markdown]
# **What is not shown.** The fit used one seed and the preset `quick`. Try a second seed, as above, and
# `preset="standard"` before you publish a number. Settings of the model are keys of a config:
# `wf.fit(data, settings={"backbone": {"hidden": 16}})`.
#
# ## Where to go on
#
# - Every method: `help(wf.Density)`, `help(wf.Flow)`, `help(wf.Data)`.
# - Counts and exact probabilities: [Counts](counts.md).
# - Many seeds and baselines, with a report: [Cells](cells.md), through the workflow.
