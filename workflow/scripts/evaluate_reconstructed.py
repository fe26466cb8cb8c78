"""Evaluate auto-encoders on unseen networks, and networks drawn about the codes of accurate ones."""

from functools import partial

import pandas as pd

from weightflow import seeding
from weightflow.jobs.device import job_device
from weightflow.jobs.frame import run, stamp
from weightflow.jobs.population import of_population
from weightflow.jobs.screen import say
from weightflow.jobs.zoos import members_of
from weightflow.populations.autoencoders.evaluation import (
    constant_probes,
    decoded_networks,
    mean_codes,
    most_agreeing,
    probe_codes,
    properties_of,
)
from weightflow.populations.autoencoders.files import read_autoencoder
from weightflow.populations.autoencoders.network import decode, encode, encode_all, reconstruct
from weightflow.populations.autoencoders.sampling import Codes, draw_networks
from weightflow.populations.autoencoders.settings import DrawingSettings
from weightflow.populations.autoencoders.source_names import UNALIGNED
from weightflow.populations.evaluation import (
    compare_generated,
    compare_reconstructed,
    judge,
    judge_new,
    row_name,
)
from weightflow.populations.metrics import LEARNED, UNSEEN, errors_by_layer, weight_statistics
from weightflow.populations.population import read_population, write_sources
from weightflow.populations.settings import PopulationSettings
from weightflow.storage import write_table


@of_population
def main(snakemake):
    inputs, params, device = snakemake.input, snakemake.params, job_device(snakemake)
    settings = PopulationSettings.parts(params.settings)
    drawing = DrawingSettings.model_validate(params.drawing)
    (own,) = members_of(inputs.tasks, inputs.populations, params.zoos, params.shares, params.seed)
    classifier, task, parts, weights = own.classifier, own.task, own.parts, own.population.weights
    raw = read_population(inputs.raw).weights[parts.unseen]
    chosen = most_agreeing(params.structural, [pd.read_csv(path) for path in inputs.scores])
    networks = {
        name: read_autoencoder(inputs.autoencoders[params.structural.index(structural)], device)
        for name, structural in chosen.items()
    }

    def judged(some, part=task.test):
        return judge(classifier, task, some, part, device)

    def score(some):
        return judged(some, task.validation).accuracy

    def judged_new(some):
        return judge_new(classifier, task, some, weights[parts.learned], settings.norms, device)

    unseen = weights[parts.unseen]
    decoded = {name: reconstruct(network, unseen) for name, network in networks.items()}
    unaligned = {f"{name}, {UNALIGNED}": reconstruct(network, raw) for name, network in networks.items()}
    drawn, learned = {}, weights[parts.learned]
    for name, network in networks.items():
        codes = Codes(encode(network, learned), score(learned), partial(decode, network), score)
        for method in drawing.methods:
            rng = seeding.stream(params.seed, "about good", name, method)
            found = draw_networks(method, codes, settings.generated, drawing, rng)
            drawn[f"{name}, {method}"] = found.weights
            if found.below:
                say(
                    f"{own.name}: {found.below} of {settings.generated} networks of {name}, {method} are below the "
                    f"threshold of {drawing.threshold} after {drawing.tries} tries.\n"
                )
    originals, originals_raw = judged(unseen), judged(raw)
    made, made_raw, made_new = judged_new(decoded), judged_new(unaligned), judged_new(drawn)
    checkpoints = own.population.checkpoints
    features = {"weights": checkpoints, "weight statistics": weight_statistics(classifier.layers, checkpoints)}
    for name, network in networks.items():
        features[name] = encode_all(network, checkpoints)
        if network.settings.codes == "tokens":
            features[f"{name}, mean code"] = mean_codes(features[name], network.maps.count(0))
    errors = {name: errors_by_layer(classifier.layers, unseen, found) for name, found in decoded.items()}
    rows = [(name, f"error_{layer}", error) for name, found in errors.items() for layer, error in found.items()]
    rows += [
        (row_name(name, classifier, norms), "structural", structural)
        for norms in settings.norms
        for name, structural in chosen.items()
    ]
    properties = properties_of(classifier, task, own.population, device)
    if constant := constant_probes(properties, len(own.population.epochs), parts.learned, parts.unseen):
        say(f"{own.name}: {', '.join(constant)} are not measured, since the networks do not differ in the property.\n")
    tables = [
        compare_reconstructed(originals, made),
        compare_reconstructed(originals_raw, made_raw).loc[lambda found: found["source"] != UNSEEN],
        pd.DataFrame(rows, columns=["source", "metric", "value"]),
        compare_generated(judged(learned), made_new, LEARNED)[0],
        probe_codes(features, properties, parts.learned, parts.unseen),
    ]
    write_table(snakemake.output.metrics, pd.concat(tables, ignore_index=True))
    write_table(snakemake.output.decoded, decoded_networks(originals, made, originals_raw, made_raw, made_new))
    write_sources(snakemake.output.drawn, drawn, made_by=stamp(snakemake))


run(main, snakemake)  # noqa: F821
