#!/bin/sh
# cancel.sh NUMBER...: ends jobs of submit.sh, with their child processes.
for number; do
  job=.snakemake/cluster-generic/$number
  kill -s TERM -- "-$(cat "$job/session")" && echo cancelled > "$job/ended"
done
