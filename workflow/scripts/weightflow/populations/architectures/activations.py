"""Activations of classifiers, by the names that configurations give them."""

import torch
from torch.nn import functional

ACTIVATIONS = {
    "relu": functional.relu,
    "tanh": torch.tanh,
    "gelu": functional.gelu,
    "silu": functional.silu,
    "sigmoid": torch.sigmoid,
    "leaky_relu": functional.leaky_relu,
}
ODD = ("tanh",)  # f(−x) = −f(x), so that a unit may change its sign
