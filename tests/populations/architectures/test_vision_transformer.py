"""A vision transformer says what torch's encoder layers say."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from tests.populations.architectures.test_classifiers import IMAGE, SETTINGS, draw, inputs, load, logits
from weightflow.errors import InputError
from weightflow.networks.flat_weights import split_weights
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.architectures.stacked_layers import Dropout


def test_a_vision_transformer_is_torchs():
    own = make_classifier(SETTINGS["vit"], IMAGE, 10)
    weights = draw(own, 1)
    maps = {name: linear[0] for name, linear in split_weights(own.layers, weights).items()}
    patches = functional.unfold(inputs(), 4, stride=4).mT  # channels first, as here
    tokens = functional.linear(patches, maps["embed"][:, :-1], maps["embed"][:, -1])
    stream = torch.cat([maps["token"].mT.expand(5, 1, -1), tokens], 1) + maps["position"].mT
    for block in range(2):
        layer = nn.TransformerEncoderLayer(8, 2, 16, 0.0, "gelu", batch_first=True, norm_first=True).double()
        parts = [maps[f"{part}{block}"] for part in ("query", "key", "value")]
        with torch.no_grad():
            layer.self_attn.in_proj_weight.copy_(torch.cat([part[:, :-1] for part in parts]))
            layer.self_attn.in_proj_bias.copy_(torch.cat([part[:, -1] for part in parts]))
        load(layer.self_attn.out_proj, maps[f"out{block}"])
        load(layer.linear1, maps[f"up{block}"])
        load(layer.linear2, maps[f"down{block}"])
        for norm, name in ((layer.norm1, "attention"), (layer.norm2, "forward")):
            with torch.no_grad():
                norm.weight.copy_(maps[f"norm-{name}{block}"][:, 0])
                norm.bias.copy_(maps[f"norm-{name}{block}"][:, 1])
        stream = layer(stream)
    final = functional.layer_norm(stream[:, 0], (8,), maps["norm"][:, 0], maps["norm"][:, 1])
    expected = functional.linear(final, maps["dense"][:, :-1], maps["dense"][:, -1])
    torch.testing.assert_close(logits(own, weights)[0], expected)


def test_patches_that_do_not_divide_an_image_are_refused():
    with pytest.raises(InputError, match="patches of 3 must divide images of 8 × 8"):
        make_classifier(SETTINGS["vit"].but(patch=3), IMAGE, 3)


def test_units_are_dropped_only_where_training_asks_for_it():
    own = make_classifier(SETTINGS["vit"], IMAGE, 10)
    weights = draw(own)
    dropped = own.with_dropout(Dropout(0.4, torch.Generator().manual_seed(0)))
    one, two = logits(dropped, weights), logits(dropped, weights)
    assert (one != two).any()
    before = logits(own, weights)
    torch.testing.assert_close(logits(own.with_dropout(Dropout()), weights), before, rtol=0, atol=0)
    torch.testing.assert_close(logits(own, weights), before, rtol=0, atol=0)
