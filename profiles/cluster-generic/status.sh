#!/bin/sh
# status.sh NUMBER: how a job of submit.sh is doing.
job=.snakemake/cluster-generic/$1
if [ ! -e "$job/ended" ]; then
  # Not begun, or alive; one that was killed has left no word.
  if [ ! -e "$job/session" ] || kill -0 "$(cat "$job/session")" 2> /dev/null; then
    echo running
    exit
  fi
fi
if [ "$(cat "$job/ended" 2> /dev/null)" = 0 ]; then echo success; else echo failed; fi
