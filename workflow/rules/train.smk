# One record per run. A job trains `seeds_per_job` seeds of a cell, so there is one rule per batch of seeds.

for (DATASET, BACKBONE), SEEDS in product(
    GROUPS, batches(PLAN.settings.seeds, PLAN.scale.seeds_per_job)
):

    rule:
        name:
            training_name(DATASET, BACKBONE, SEEDS)
        input:
            data=of_job(data_manifest, SEEDS),
            teachers=of_job(teacher_records, SEEDS),
        output:
            expand(RECORD, seed=SEEDS, allow_missing=True),
        log:
            f"logs/train/{{scale}}/{{paper}}/{{dataset}}/{{backbone}}/{{variant}}/seed{SEEDS[0]}.log",
        wildcard_constraints:
            dataset=re.escape(DATASET) if DATASET else "[^/]+",
            backbone=re.escape(BACKBONE) if BACKBONE else "[^/]+",
        conda:
            "../envs/bench.yaml"
        threads: PLAN.settings.threads
        resources:
            mem_mb=of_job(memory, SEEDS),
            runtime=of_job(minutes, SEEDS),
            gpu=of_job(gpus, SEEDS),
        params:
            fingerprints=of_job(fingerprints, SEEDS),
            runs=of_job(run_ids, SEEDS),
            snapshots=of_job(snapshots, SEEDS),
        shell:
            "python -m bench train {params.runs} --log {log}"
