# One record per run. A rule per batch: which seeds a job trains, and of which cells, is bench/plan/batches.py's.

for BATCH in BATCHES:

    rule:
        name:
            BATCH.name
        input:
            data=of_job(data_manifests, BATCH),
            teachers=of_job(teacher_records, BATCH),
        output:
            BATCH.paths(RECORD),
        log:
            BATCH.paths(
                "logs/train/{scale}/{paper}/{dataset}/{backbone}/{variant}/seed{seed}.log"
            )[0],
        conda:
            "../envs/bench.yaml"
        threads: PLAN.settings.threads
        resources:
            mem_mb=of_job(memory, BATCH),
            runtime=of_job(minutes, BATCH),
            gpu=of_job(gpus, BATCH),
        params:
            fingerprints=of_job(fingerprints, BATCH),
            runs=of_job(run_ids, BATCH),
            snapshots=of_job(snapshots, BATCH),
        shell:
            "python -m bench train {params.runs} --log {log}"


# A run that several rules could train is the first one's.
workflow.ruleorder(*(BATCH.name for BATCH in BATCHES))
