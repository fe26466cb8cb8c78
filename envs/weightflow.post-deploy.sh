# What `pip:` of weightflow.yaml lists; Snakemake runs it when it has made the environment, also from a pin file.
python -m pip install --quiet torch==2.13.0 torchdiffeq==0.2.5 torchcde==0.2.5
