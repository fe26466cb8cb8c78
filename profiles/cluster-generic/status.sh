#!/bin/sh
# status.sh NUMBER: prints the status of a job of submit.sh.
job=.snakemake/cluster-generic/$1
if [ ! -e "$job/ended" ]; then
  # Not started, or alive. A killed job leaves no file `ended`.
  if [ ! -e "$job/session" ] || kill -0 "$(cat "$job/session")" 2> /dev/null; then
    echo running
    exit
  fi
fi
if [ "$(cat "$job/ended" 2> /dev/null)" = 0 ]; then echo success; else echo failed; fi
