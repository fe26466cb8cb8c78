"""Presets of auto-encoders: settings by one word."""

from weightflow.settings import Plain

STANDARD = "standard"
# `published`: the choices of the behavioural auto-encoder's code (Meynent et al. 2025) for its small convolutional
# networks. Its training goes on for much longer than `steps` here.
PRESETS: dict[str, Plain] = {
    STANDARD: {},
    "published": {
        "codes": "tokens",
        "latent": 64,
        "views": "reconstructed",
        "contrastive": 0.05,
        "units": "first",
        "outputs": "logits",
        "queries": {"from": ["training"], "count": 256, "fresh": True},
    },
}
