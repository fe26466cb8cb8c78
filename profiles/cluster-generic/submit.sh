#!/bin/sh
# submit.sh CORES MEBIBYTES MINUTES CARDS SCRIPT: starts a script in the background of this machine and prints its number,
# as a scheduler would; what was asked for is noted, not given. Its state is in a folder of that name.
set -eu
mkdir -p .snakemake/cluster-generic
job=$(mktemp -d .snakemake/cluster-generic/XXXXXXXX)
echo "cores=$1 mem_mb=$2 runtime=$3 gpu=$4" > "$job/asked"
cp "$5" "$job/script"
# A session of its own: it outlives the terminal, and ends as a whole when it is cancelled.
setsid sh -c 'echo $$ > "$1/session"; sh "$1/script" > "$1/log" 2>&1; echo $? > "$1/ended.new"; mv "$1/ended.new" "$1/ended"' \
  sh "$job" < /dev/null > /dev/null 2>&1 &
basename "$job"
