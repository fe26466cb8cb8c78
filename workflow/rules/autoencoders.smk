# Input functions about auto-encoders of networks.
ENCODED = f"{MEMBERS}/autoencoders/{{variant}}/{{structural}}"


def zoos_of(wildcards):
    """The populations that an auto-encoder is trained on."""
    return populations().zoos(wildcards.population, wildcards.variant)


def modules_of(names):
    """The files that build the modules of populations."""
    sources = [populations().population(name).networks.module for name in names]
    return local(list(dict.fromkeys(own.rpartition(":")[0] for own in sources if own)))


def all_zoos(wildcards):
    """A population, and those that its auto-encoders are trained on or compared with."""
    own = populations()
    trained = [
        zoo
        for variant in own.autoencoders(wildcards.population)
        for zoo in own.zoos(wildcards.population, variant)
    ]
    return list(
        dict.fromkeys([wildcards.population, *trained, *own.compared_zoos(wildcards.population)])
    )


def trained_here(names):
    """Populations whose networks are trained here, so that their architecture is known before."""
    return [name for name in names if not populations().population(name).networks.files]


def encoded(file, base_only=True):
    """Input function: a file of each auto-encoder, of those without changes or of all variants."""
    return lambda w: [
        populations().autoencoder_file(w.population, w.seed, variant, weight, file)
        for variant, weight in populations().encodings(w.population)
        if variant == BASE or not base_only
    ]


def compared(wildcards):
    """A population, and those that its auto-encoder is evaluated on."""
    return [wildcards.population, *populations().compared_zoos(wildcards.population)]


def shares_of(wildcards):
    """Shares of the parts of a population's networks."""
    return list(population(wildcards).autoencoder.shares)


def about_variant(wildcards, variant):
    """What the table of variants says about an auto-encoder."""
    return {"changes": changes_of(population(wildcards).autoencoder, variant)}
