"""Networks: small autoregressive densities p(x | weights), evaluated at given weights.

Backbones, heads, the layout of weights in a flat vector, alignment, likelihoods, losses and learning rates.
May import: the root modules and the rooms from systems to density.
"""
