"""Check that a population's auto-encoders can hold the networks; write the sizes of their codes."""

import numpy as np

from weightflow.jobs.frame import run
from weightflow.jobs.population import of_population
from weightflow.populations.architectures.classifiers import make_classifier
from weightflow.populations.autoencoders.network import WeightAutoencoder
from weightflow.populations.autoencoders.settings import AutoencoderSettings
from weightflow.populations.autoencoders.tokens import Weights
from weightflow.populations.settings import PopulationSettings
from weightflow.populations.tasks.task import read_task
from weightflow.storage import write_json


@of_population
def main(snakemake):
    params, known = snakemake.params, {}
    for path, about in zip(snakemake.input.tasks, params.zoos, strict=True):
        task = read_task(path)
        settings = PopulationSettings.parts({"architecture": about["architecture"]})
        layers = make_classifier(settings.architecture, task.shape, task.classes).layers
        known[about["name"]] = Weights(layers, np.zeros((2, sum(layer.weights for layer in layers))))
    found = {}
    for variant, plain in params.variants.items():
        settings = AutoencoderSettings.model_validate(plain)
        if not all(name in known for name in settings.zoos):  # networks from files are known after reading
            continue
        network = WeightAutoencoder([known[name] for name in settings.zoos], settings)
        for name in settings.unfamiliar:
            network.hold(known[name], name)
        first = known[settings.zoos[0]]
        found[variant] = {
            "weights": first.values.shape[1],
            "tokens": network.maps.count(0),
            "codes": settings.latent * (network.maps.count(0) if settings.codes == "tokens" else 1),
        }
    write_json(snakemake.output[0], found)


run(main, snakemake)  # noqa: F821
