"""Attack a classifier by projected gradient descent: model + clean split + settings -> attacked split."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from sbgc import artifacts, models
from sbgc.data import dequantize
from sbgc.procedures.attacks import pgd
from sbgc.procedures.scoring import bayes
from sbgc.steps.command import parse, run


def main(argv: Sequence[str] | None = None) -> None:
    """Attack the first images of --split in the norm, at the epsilons and with the noise that --attack (JSON) names."""
    args = parse(__doc__, argv, spec=Path, params=Path, split=Path, attack=Path, seed=int, batch_size=int, out=Path)
    spec, settings = artifacts.read_json(args.spec), artifacts.read_json(args.attack)
    # The attacker differentiates a cheaper likelihood than the evaluation's; a density finds its procedure in the spec.
    start = dequantize.noise_ratio(settings["dequantization"], spec["dataset"]["levels"])
    estimate = {"likelihood": settings["attacked"], "start": start}
    model = models.page(spec).load(spec | estimate, args.params.read_bytes())
    test = artifacts.read_split(args.split)
    if settings["images"] > len(test):
        raise artifacts.ArtifactError(f"{args.attack}: images = {settings['images']}: {args.split} has {len(test)}")
    clean = test.take(slice(settings["images"]))
    shape, dequantization = clean.images.shape[1:], settings["dequantization"]
    noise = dequantize.noise(settings["seed"], clean.index, settings["draws"], shape, dequantization)
    options = {name: settings[name] for name in ("norm", "steps", "relative_step", "loss")}
    attack = pgd.PGD(**options, epsilons=tuple(settings["epsilons"]), levels=spec["dataset"]["levels"], seed=args.seed)
    attacked = pgd.attack(bayes.batched_logits(model), clean, noise, attack, args.batch_size)
    name = f"pgd-{attack.norm}@{spec['model']}-seed{args.seed}"
    artifacts.write_split(args.out, replace(attacked, meta=attacked.meta | {"split": name, "attack": settings}))


if __name__ == "__main__":
    run(main)
