import jax
import numpy as np
import tiny
from flax import serialization

from sbgc import artifacts, keys, models
from sbgc.models import score
from sbgc.steps import sample


def test_samples_come_class_by_class_each_by_its_own_key(tmp_path):
    spec = tiny.score_spec()
    spec["dataset"] |= {"image_shape": [2, 2, 1]}
    spec["settings"]["net"] |= {"features": 4, "multipliers": [1], "attention_sizes": []}
    shapes = jax.eval_shape(score.trainer(spec).init, jax.random.key(0))
    rng = np.random.default_rng(0)
    variables = jax.tree.map(lambda leaf: rng.normal(0.0, 0.4, leaf.shape).astype(np.float32), shapes)
    paths = {name: tmp_path / name for name in ("spec", "params", "samples", "out")}
    artifacts.write_json(paths["spec"], spec)
    artifacts.write_json(paths["samples"], {"per_class": 2, "steps": 3})
    paths["params"].write_bytes(serialization.msgpack_serialize(variables))
    sample.main([part for name, path in paths.items() for part in (f"--{name}", str(path))] + ["--seed", "7"])
    split = artifacts.read_split(paths["out"])
    np.testing.assert_array_equal(split.labels, [0, 0, 1, 1, 2, 2])
    assert split.images.dtype == np.float32
    assert (split.meta["model"], split.meta["split"], split.meta["seed"]) == ("score", "samples", 7)
    model = models.load(paths["spec"], paths["params"])
    wanted = jax.jit(lambda y, key: model.sample(y, key, 4))(split.labels[3], keys.key_for(7, "sample", 3))
    np.testing.assert_allclose(split.images[3], wanted, atol=1e-3)
