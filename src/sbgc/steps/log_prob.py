"""Evaluate log p(x|y) of one shard: spec + params + split -> matrix."""

import time
from collections.abc import Sequence

from sbgc import artifacts, models
from sbgc.data.dequantize import LOG_NOISE, evaluated, noise_ratio
from sbgc.procedures.scoring import bayes, matrix_facts
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the shard's matrix [n, classes, draws] of log p(x|y) in nats, less log q(u) of the noise u."""
    args = parse(__doc__, argv, **matrix_facts.OPTIONS)
    started = time.monotonic()
    spec, evaluation = artifacts.read_json(args.spec), artifacts.read_json(args.evaluation)
    start = noise_ratio(evaluation["dequantization"], spec["dataset"]["levels"])
    model = models.load(args.spec, args.params, evaluation["likelihood"], start)
    split = evaluated(artifacts.read_split(args.split), evaluation, args.shard, args.num_shards)
    scores, nfe = bayes.log_prob_matrix(model, split, args.seed, args.batch_size, args.memory)
    if LOG_NOISE in split.columns:
        scores -= split.columns[LOG_NOISE][:, None]
    meta = matrix_facts.meta(args, "log_prob", started)
    artifacts.write_matrix(args.out, matrix_facts.as_matrix(split, scores, nfe, meta))


if __name__ == "__main__":
    run(main)
