# %% [markdown]
# # Counts: an epidemic
#
# You will have a model of an epidemic that answers questions at any time, such as "what is the probability that more
# than 20 people are infected?". You will also know how far to trust the answers. This takes half a minute on one core.
#
# Run the blocks in order, in Python or in a notebook. They need the library: `pip install .` in a clone.

# %%
import matplotlib.pyplot as plt
import numpy as np

import weightflow as wf

# %% [markdown]
# ## The data
#
# The epidemic is one of the systems that come with the library. People are susceptible (`S`), infected (`I`) or
# recovered (`R`). Infections, recoveries and deaths happen at random. We simulate 1000 such epidemics and keep a
# snapshot at every tenth time.

# %%
trajectories = 1000
data = wf.simulate("epidemic", trajectories=trajectories, observe_every=10, seed=1)
print(data)

# %% [markdown]
# Always read this summary before you fit. It says what the library understood: counts of three variables, 101 times, of
# which only 11 are used for training. The other times stay hidden from the model, so that they can test it. One unit of
# time is one step of the simulation.
#
# The spread is the point of these data. All epidemics began with ten infected people. At time 20 some have five and
# others thirty.


# %% Infected people at four of the eleven snapshots: one histogram for each, over all simulated epidemics.
def infected(time: float) -> np.ndarray:
    """The infected people of all training states at a time."""
    table = data.to_frame()
    return table.loc[table["time"] == time, "I"].to_numpy()


figure, axes = plt.subplots(1, 4, figsize=(8, 2.2), sharey=True, layout="constrained")
for ax, time in zip(axes, [0, 10, 20, 50], strict=True):
    ax.hist(infected(time), bins=np.arange(-0.5, 51), density=True, color="0.75")
    ax.set(title=f"time {time}", xlabel="infected people", ylim=(0, 0.16))
axes[0].set_ylabel("share of epidemics")

# %% [markdown]
# ## The fit
#
# A fit describes each snapshot by a small network and learns a curve that leads the network's weights from one snapshot
# to the next. The preset `quick` takes about ten seconds. `standard` takes longer and is more accurate.

# %%
flow = wf.fit(data, preset="quick", seed=0, progress=False)
print(flow)

# %% [markdown]
# The first figure after a fit should be its motion. The snapshots (black) must lie on the bands of the model (blue). A
# band that misses its snapshots means that the fit failed; a preset with more steps may help.

# %% Mean and central bands of the model, with the mean and the central 90 % of each snapshot.
figure, axes = plt.subplots(3, 1, figsize=(7, 6), sharex=True, layout="constrained")
axes = flow.plot.motion(axes=axes)
axes[-1].set_xlabel("time (steps)")

# %% [markdown]
# ## A question
#
# `flow.at(time)` is the distribution at any time between the first and the last snapshot. Time 14 lies between two
# snapshots. No training state was observed there.

# %%
p = flow.at(14)
print(p)
print(p.mean.round(2).to_string())
print(f"P(I > 20) = {p.probability('I > 20'):.3f}")

# %% [markdown]
# An event is written as comparisons with `and`, `or` and `not`. Let an outbreak be more than 20 infected people. Its
# probability against time is a curve; the snapshots alone give eleven points of it.

# %%
times = np.arange(101)
samples = 500  # of each method in the comparison below

# %% [hidden]
import os

if os.environ.get("WEIGHTFLOW_SMALL"):
    times = np.arange(0, 101, 5)
    samples = 20

# %% The probability of an outbreak. Each point is the share of a snapshot's states, with two standard errors.
event = "I > 20"
outbreak = np.array([p.probability(event) for p in flow.along(times.tolist())])

snapshots = data.observed_times
shares = np.array([np.mean(infected(time) > 20) for time in snapshots])
errors = 2 * np.sqrt(shares * (1 - shares) / trajectories)

figure, ax = plt.subplots(figsize=(7, 3), layout="constrained")
ax.plot(times, outbreak, label="model")
ax.errorbar(snapshots, shares, errors, fmt="o", color="black", capsize=3, label="snapshots")
ax.set(xlabel="time (steps)", ylabel="probability of I > 20", ylim=(0, None))
ax.legend(frameon=False)

# %% [markdown]
# A condition is a question too. `given` fixes some variables, and the result is again a distribution. With few
# susceptible people left at time 14, an outbreak is more likely.

# %%
for susceptible in (32, 37, 42):
    known = flow.at(14).given(S=susceptible)
    print(f"S = {susceptible}: P(I > 20) = {known.probability(event):.3f}, mean of I = {known.mean['I']:.1f}")

# %% [markdown]
# `given` also answers where nobody ever was. `S = 5` at time 14 has a probability of 10⁻¹¹ in truth, and an answer for
# it would come from the network's habits, not from data. Look at the probability of a condition before you use it.

# %%
for condition in ("S == 32", "S == 5"):
    print(f"P({condition}) = {flow.at(14).probability(condition):.1e}")

# %% [markdown]
# ## How far to trust it
#
# This system is small enough to solve: its exact law is a table of the probability of every state at every time. Real
# data have no such law. Here it is the judge.

# %%
law = data.law
print(law.form)
infections = law.states[:, data.variables.index("I")]
exact = np.array([law.probabilities[time][infections > 20].sum() for time in times])

# %% Above: the model and the exact law. Below: their difference; the dotted lines mark the snapshots.
figure, (above, below) = plt.subplots(2, 1, figsize=(7, 4.5), sharex=True, height_ratios=[2, 1], layout="constrained")
above.plot(times, exact, color="0.6", lw=4, label="exact law")
above.plot(times, outbreak, label="model")
above.set(ylabel="probability of I > 20", ylim=(0, None))
above.legend(frameon=False)
below.axhline(0, color="0.6", lw=0.8)
below.plot(times, outbreak - exact, color="tab:red")
for time in snapshots:
    below.axvline(time, color="0.8", ls=":", lw=0.8, zorder=0)
below.set(xlabel="time (steps)", ylabel="model − exact")

# %%
error = np.abs(outbreak - exact)
unseen = ~np.isin(times, snapshots)
print(f"mean absolute error: {error[~unseen].mean():.4f} at snapshots, {error[unseen].mean():.4f} between them")
print(f"largest error: {error.max():.3f} at time {times[error.argmax()]}")
print(f"standard error of a share among {trajectories} states at probability 0.5: {0.5 / np.sqrt(trajectories):.3f}")

# %% [markdown]
# Read these numbers together. The third line is what a snapshot itself is worth: a method can hardly be better than the
# sampling error of its data. The mean errors of the model are of that size; its largest error is three times as large.
#
# The exact law has waves that the model does not. They come from a season: the rate of infection rises and falls with a
# period of 12 steps. Snapshots every 10 steps cannot show such waves, so no method can learn them from these data. This
# is the first thing to ask of your own snapshots: can anything happen between two of them that they do not show?
#
# A single event may be lucky. `compare` judges the whole distribution at the hidden times, beside other methods and
# floors. `nll` is the negative log-likelihood of fresh states per variable, `kl_exact` the divergence from the exact
# law, `w_marginal_exact` the distance of the marginals from it. Smaller is better. `floor_independent` is the error
# that a second sample from the exact law would have.

# %%
table = flow.compare(data, baselines=["mixture_kernel", "transport_kernel"], samples=samples)
print(table[["nll", "kl_exact", "w_marginal_exact"]].round(3).to_string())

# %% [markdown]
# The model is better than `mixture_kernel`, which mixes the neighbouring snapshots. It is also better than
# `transport_kernel`, which moves the observed states along straight lines and smooths them. `quick` is a first look;
# run the comparison on your own data with `preset="standard"` before you prefer a model that has to be trained.
#
# **What is not shown.** Your data have no exact law. Then `compare` uses held-out states and hidden times, and both
# have sampling errors of their own. Nothing here tests times after the last snapshot: the model refuses them unless you
# ask for `extrapolate=True`. Rare events stay uncertain: of an event with a probability far below 0.001, a snapshot of
# 1000 states shows nothing.
#
# ## Where to go on
#
# - Your own table of counts: [From Python alone](python.md).
# - Your own reactions instead of this epidemic: [Your own reaction network](network.md).
# - The same with a report, three seeds and eight baselines: `make run` in a clone.
