"""Evaluate the logits of one shard: spec + params + split -> matrix."""

import time
from collections.abc import Sequence

from sbgc import artifacts, models
from sbgc.data.dequantize import evaluated
from sbgc.procedures.scoring import bayes, matrix_facts
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Write the shard's matrix [n, classes, draws] of logits."""
    args = parse(__doc__, argv, **matrix_facts.OPTIONS)
    started = time.monotonic()
    model, evaluation = models.load(args.spec, args.params), artifacts.read_json(args.evaluation)
    split = evaluated(artifacts.read_split(args.split), evaluation, args.shard, args.num_shards)
    scores, nfe = bayes.logit_matrix(model, split, args.seed, args.batch_size, args.memory)
    meta = matrix_facts.meta(args, "logits", started)
    artifacts.write_matrix(args.out, matrix_facts.as_matrix(split, scores, nfe, meta))


if __name__ == "__main__":
    run(main)
