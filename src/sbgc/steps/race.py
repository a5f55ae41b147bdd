"""Race the classes of one shard of images: spec + params + split + matrices of others."""

from collections.abc import Sequence
from pathlib import Path

from sbgc import artifacts, models
from sbgc.data.dequantize import evaluated, noise_ratio
from sbgc.procedures.racing import races
from sbgc.procedures.scoring import bayes
from sbgc.procedures.tables import decisions, matrices
from sbgc.steps.command import parse, run

OPTIONS = dict.fromkeys(("spec", "params", "split", "evaluation", "variances", "screening", "race", "out"), Path)


def main(argv: Sequence[str] | None = None) -> None:
    """Write one row an image, --out, a tidy table.

    --variances and --screening are matrices of other images, the same ones, by the race's likelihood and by its
    screening: they tell what variances of gaps and errors of the screening are like.
    """
    numbers = dict.fromkeys(("seed", "shard", "num_shards", "batch_size"), int)
    args = parse(__doc__, argv, **OPTIONS, **numbers, memory=float)
    spec, evaluation, race = (artifacts.read_json(path) for path in (args.spec, args.evaluation, args.race))
    split = evaluated(artifacts.read_split(args.split), evaluation, args.shard, args.num_shards)
    classes = spec["dataset"]["num_classes"]
    start = noise_ratio(evaluation["dequantization"], spec["dataset"]["levels"])
    screen, fine = (
        bayes.pair_scores(
            models.load(args.spec, args.params, race[name], start),
            split,
            args.seed,
            args.batch_size * classes,
            args.memory,
        )
        for name in ("screen", "likelihood")
    )
    others, screened = matrices.read(args.variances).scores, matrices.read(args.screening).scores
    learned = races.learned_prior(others), races.learned_screening(screened, others)
    settings = races.Race(race["reach"], race["error"], evaluation["draws"], *learned)
    outcome = races.race(screen, fine, len(split), classes, settings)
    facts = {name: spec[name] for name in ("experiment", "model")} | {"dataset": spec["dataset"]["name"]}
    facts |= {
        "kind": spec["settings"]["kind"],
        "seed": args.seed,
        "evaluation": evaluation["evaluation"],
        "split": evaluation["split"],
    }
    artifacts.write_table(args.out, decisions.race_table(outcome, split, facts))


if __name__ == "__main__":
    run(main)
