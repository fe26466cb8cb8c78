# %% [markdown]
# # Networks like mine
#
# You have checkpoints of one network, trained many times. You will load them, bring them in one order, generate new
# ones, see what they can do and how new they are, and load one back into your own code. This takes half a minute on
# one core. Nothing is downloaded.
#
# Python runs in an environment with the library: `pip install .` in a clone.

# %%
import os
from pathlib import Path
from tempfile import mkdtemp

import matplotlib.pyplot as plt
import torch
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from torch import nn
from torch.nn import functional

import weightflow as wf

# %% [hidden]
os.environ["TQDM_DISABLE"] = "1"
torch.set_num_threads(1)

# %% [markdown]
# ## Your networks
#
# Skip this part if you have checkpoints. Here sixty small networks learn digits of 8 × 8 pixels, each from other
# initial weights. Note what the module has: a convolution, a batch norm, a sum, two dense layers. The library does not
# know it.


# %%
class Net(nn.Module):
    """A network of yours."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(1, 6, 3, padding=1), nn.BatchNorm2d(6)
        self.inner = nn.Conv2d(6, 6, 3, padding=1)
        self.dense, self.head = nn.Linear(6 * 16, 16), nn.Linear(16, 10)

    def forward(self, x):
        """(N, 10) logits of images (N, 1, 8, 8)."""
        x = functional.relu(self.norm(self.conv(x)))
        x = functional.max_pool2d(x + functional.relu(self.inner(x)), 2)
        return self.head(torch.tanh(self.dense(torch.flatten(x, 1))))


digits = load_digits()
images = torch.tensor(digits.images[:, None] / 16, dtype=torch.float32)
labels = torch.tensor(digits.target)
test = torch.arange(len(labels)) % 3 == 0
count, epochs = 60, 4

# %% [hidden]
if os.environ.get("WEIGHTFLOW_SMALL"):
    count, epochs = 5, 1

# %%
folder = Path(mkdtemp())
for seed in range(count):
    torch.manual_seed(seed)
    net = Net()
    optimiser = torch.optim.Adam(net.parameters(), lr=0.01)
    for _ in range(epochs):
        for batch in torch.randperm(int((~test).sum())).split(64):
            optimiser.zero_grad()
            functional.cross_entropy(net(images[~test][batch]), labels[~test][batch]).backward()
            optimiser.step()
    torch.save({"epoch": epochs, "state_dict": net.state_dict()}, folder / f"net-{seed}.pt")

# %% [markdown]
# ## Load them
#
# Only tensors are read from the files. The module is yours: a class, a function, or `FILE.py:FUNCTION`. The inputs are
# training images as the networks expect them.

# %%
networks = wf.Population.load(folder, module=Net, inputs=images[~test].numpy())
print(networks)
accuracy = networks.accuracy(images[test].numpy(), labels[test].numpy())
print(f"accuracy {accuracy.mean():.3f}, between {accuracy.min():.3f} and {accuracy.max():.3f}")

# %% [markdown]
# ## One order
#
# The units of a hidden layer may be in any order, and every network has its own. So an average of two networks is no
# network. `align` finds which units may change places, by following the module's forward, and matches each network to
# one of them. The functions stay the same.

# %%
aligned = networks.align()
before, after = (own.logits(images[test].numpy()) for own in (networks, aligned))
print(f"largest change of an output: {abs(before - after).max():.0e}")
for name, own in {"in their own order": networks, "aligned": aligned}.items():
    middle = own.generate(40, method="mixed").accuracy(images[test].numpy(), labels[test].numpy())
    print(f"midpoints of two networks, {name}: accuracy {middle.mean():.3f}")

# %% [markdown]
# ## New ones
#
# Flow matching learns to carry noise to networks. It works in their principal components, of which there are one fewer
# than networks. A correction learns from the training images to repair midpoints of two networks: one correction for
# all of them, so no new network is trained by itself. Two simple generators beside these show what they are worth.

# %% New networks: accuracy against the distance to the nearest original. The line is the accuracy of the originals.
made = {
    "flow": aligned.generate(60, components=count - 1, steps=1500),
    "corrected": aligned.generate(
        60, method="corrected", labels=labels[~test].numpy(), steps=150, networks=6, batch=128, learning_rate=0.003
    ),
    "midpoints": aligned.generate(60, method="mixed"),
    "Gaussian": aligned.generate(60, method="covariance"),
}
figure, ax = plt.subplots(figsize=(5, 3), layout="constrained")
for (name, own), marker in zip(made.items(), "o*^s", strict=True):
    shares = own.accuracy(images[test].numpy(), labels[test].numpy())
    near = own.nearest(aligned)
    ax.plot(near, 100 * shares, marker, ms=3.5, alpha=0.6, label=name)
    print(f"{name}: accuracy {shares.mean():.3f}, distance to the nearest original {near.mean():.2f}")
ax.axhline(100 * accuracy.mean(), color="0.5", linewidth=0.8)
ax.set(xlabel="distance to the nearest original (1: between originals)", ylabel="accuracy (%)")
ax.legend(frameon=False)

# %% [markdown]
# Look at both axes: a copy is accurate, and not new. Midpoints are better than the flow at the same distance. Corrected
# midpoints come near to the line, and are as far from the originals as these are from each other.
#
# ## Back into your code

# %%
files = made["flow"].save(folder / "new")
net.load_state_dict(load_file(files[7]))
net.eval()
with torch.no_grad():
    print(f"{files[7].name}: accuracy {(net(images[test]).argmax(1) == labels[test]).float().mean():.3f}")

# %% [markdown]
# ## Go on
#
# - The same in the workflow, with tables, figures and your own examples:
#   [populations](../populations.md#your-own-networks).
# - A module that cannot be followed: `units` describes its units, on the same page.
