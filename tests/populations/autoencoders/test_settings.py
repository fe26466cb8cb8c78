"""Variants of an auto-encoder are its settings with some changes; refusals name them."""

import pytest

from weightflow.populations.autoencoders.settings import BASE, AutoencoderSettings, changes_of, fit_keys, variants_of


def settings(variants: dict, **other) -> AutoencoderSettings:
    return AutoencoderSettings.of({"structural": [1, 0.5], "latent": 5, "variants": variants, **other}, "my.yaml")


def test_without_variants_there_is_the_auto_encoder_itself():
    own = settings({})
    assert variants_of(own) == {BASE: own}


def test_variants_change_their_keys_also_in_sections():
    found = variants_of(settings({"noise": {"queries": {"from": ["noise"]}}, "one": {"structural": [0.1], "steps": 9}}))
    assert [*found] == [BASE, "noise", "one"]
    base = found[BASE]
    assert (base.variants, base.latent, base.structural) == ({}, 5, (1, 0.5))
    assert found["noise"] == base.but(queries=base.queries.but(sources=("noise",)))
    assert found["one"] == base.but(structural=(0.1,), steps=9)


def test_variants_of_a_preset_keep_it():
    found = variants_of(settings({"few": {"queries": {"count": 9}}}, preset="published"))["few"]
    assert (found.codes, found.units, found.latent) == ("tokens", "first", 5)
    assert (found.queries.count, found.queries.fresh) == (9, True)


@pytest.mark.parametrize("key", ["preset", "shares", "unfamiliar", "drawing", "variants"])
def test_what_is_the_same_for_all_is_not_changed(refused, key):
    value = {"preset": "published", "shares": [0.5, 0.2], "unfamiliar": ["q"]}.get(key, {})
    with refused(f"^here.variants.mine: {key} is the same for all auto-encoders; set it outside of variants"):
        variants_of(settings({"mine": {key: value}}), "here")


@pytest.mark.parametrize(
    ("variants", "sentence"),
    [
        ({BASE: {"steps": 1}}, "here.variants: base is the auto-encoder without changes; take another name"),
        ({"mine": {"step": 1}}, "here.variants: mine: unknown key 'step'; did you mean 'steps'"),
        ({"mine": {"steps": 0}}, "here.variants: mine.steps: 0 "),
        ({"mine": {"queries": {"from": []}}}, "here.variants: mine.queries.from: "),
    ],
)
def test_invalid_variants_are_refused_by_name(refused, variants, sentence):
    with refused(sentence):
        variants_of(settings(variants), "here")


def test_the_fit_depends_on_no_key_that_concerns_other_stages():
    own = settings({"mine": {"steps": 1}})
    other = own.but(structural=(0.3,), variants={}, unfamiliar=("q",), drawing=own.drawing.but(good=0.5))
    assert fit_keys(own) == fit_keys(other)
    assert fit_keys(own) != fit_keys(own.but(latent=6))
    again = AutoencoderSettings.model_validate(fit_keys(own))
    assert fit_keys(again) == fit_keys(own)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({"tokens": "neuron"}, "tokens: .*neurons"),
        ({"outputs": "probabilities"}, "outputs: "),
        ({"erasing": 1}, "erasing: 1"),
        ({"noise": -1}, "noise: -1"),
        ({"window": 0}, "window: 0"),
        ({"structural": [0.5, 0.5]}, "structural: 0.5 stands twice"),
        ({"drawing": {"methods": ["best"]}}, "drawing.methods"),
        ({"queries": {"from": ["noise", "noise"]}}, "queries.from: 'noise' stands twice"),
    ],
)
def test_values_out_of_range_are_refused(refused, content, sentence):
    with refused(f"my.yaml: {sentence}"):
        AutoencoderSettings.of(content, "my.yaml")


def test_what_a_variant_changes_is_told():
    changes = {
        "structural": [0.1],
        "codes": "tokens",
        "queries": {"from": ["noise", "digits"], "count": 16},
        "zoos": [],
    }
    settings = AutoencoderSettings(structural=[1], variants={"other": changes})
    assert changes_of(settings, "other") == "codes: tokens; queries.from: noise, digits; queries.count: 16; zoos: none"
    assert changes_of(settings, "base") == ""
