#!/bin/sh
# Prints running, success or failed for a job of the scheduler, as Snakemake's generic executor wants it. Here: Slurm.
state=$(squeue --noheader --states=all --format=%T --jobs="$1" 2>/dev/null)
[ -n "$state" ] || state=$(sacct --noheader --allocations --format=State --jobs="$1" 2>/dev/null)
case "$state" in
  COMPLETED*) echo success ;;
  PENDING*|RUNNING*|CONFIGURING*|COMPLETING*|REQUEUE*|RESIZING*|SUSPENDED*|STOPPED*|SIGNALING*|STAGE_OUT*) echo running ;;
  *) echo failed ;; # forgotten ones too: what is trained already is kept, and a training that still runs holds its lock
esac
