# What `pip:` of analysis.yaml lists; Snakemake runs it when it has made the environment, also from a pin file.
python -m pip install --quiet python-libsbml==5.21.2
