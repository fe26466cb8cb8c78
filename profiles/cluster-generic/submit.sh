#!/bin/sh
# submit.sh CORES MEBIBYTES MINUTES CARDS SCRIPT: starts a script in the background of this machine and prints its
# number, as a scheduler would. Requested resources are recorded, not reserved. The folder named by the number has the
# job's state.
set -eu
mkdir -p .snakemake/cluster-generic
job=$(mktemp -d .snakemake/cluster-generic/XXXXXXXX)
echo "cores=$1 mem_mb=$2 runtime=$3 gpu=$4" > "$job/asked"
cp "$5" "$job/script"
# A separate session outlives the terminal, and cancelling ends all its processes.
setsid sh -c 'echo $$ > "$1/session"; sh "$1/script" > "$1/log" 2>&1; echo $? > "$1/ended.new"; mv "$1/ended.new" "$1/ended"' \
  sh "$job" < /dev/null > /dev/null 2>&1 &
basename "$job"
