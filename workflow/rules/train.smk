# One record per run. A job trains `seeds_per_job` seeds of a cell, so there is one rule per batch of seeds.

for SEEDS in batches(PLAN.settings.seeds, PLAN.scale.seeds_per_job):

    rule:
        name:
            f"train_seed{'_'.join(map(str, SEEDS))}"
        input:
            data=partial(data_manifest, seeds=SEEDS),
            teachers=partial(teacher_records, seeds=SEEDS),
        output:
            expand(RECORD, seed=SEEDS, allow_missing=True),
        log:
            f"logs/train/{{scale}}/{{paper}}/{{dataset}}/{{backbone}}/{{variant}}/seed{SEEDS[0]}.log",
        conda:
            "../envs/bench.yaml"
        threads: PLAN.settings.threads
        params:
            fingerprints=partial(fingerprints, seeds=SEEDS),
            runs=partial(run_ids, seeds=SEEDS),
            snapshots=partial(snapshots, seeds=SEEDS),
        shell:
            "python -m bench train {params.runs} --log {log}"
