# One record per run. A rule per batch: which seeds a job trains, and of which cells, is bench/plan/batches.py's.

for BATCH in [*FLOW.batches, *FLOW.tuning_batches]:

    rule:
        name:
            BATCH.name
        input:
            data=of_job(FLOW.data_manifests, BATCH),
            teachers=of_job(FLOW.teacher_records, BATCH),
        output:
            BATCH.paths(RECORD),
        log:
            BATCH.paths(
                "logs/train/{scale}/{paper}/{dataset}/{backbone}/{variant}/seed{seed}.log"
            )[0],
        conda:
            "../envs/bench.yaml"
        threads: FLOW.plan.settings.threads
        resources:
            mem_mb=of_job(FLOW.memory_mb, BATCH),
            runtime=of_job(FLOW.minutes, BATCH),
            gpu=of_job(FLOW.gpus, BATCH),
        params:
            fingerprints=of_job(FLOW.fingerprints, BATCH),
            runs=of_job(FLOW.run_ids, BATCH),
            snapshots=of_job(FLOW.snapshots, BATCH),
            settings=settings,
        shell:
            "python -m bench train {params.runs} --settings {params.settings} --set threads={threads} --log {log}"


# A run that several rules could train is the first one's.
workflow.ruleorder(*(BATCH.name for BATCH in FLOW.batches))
