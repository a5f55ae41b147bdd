import jax
import numpy as np
import tiny
from flax import serialization

from sbgc import artifacts, keys, models
from sbgc.steps import sample


def test_samples_come_class_by_class_each_by_its_own_key(tmp_path):
    spec = tiny.spec_of(tiny.SCORE, (2, 2, 1), net={"features": 4, "attention_sizes": []})
    params, out = tmp_path / "params.msgpack", tmp_path / "samples.npz"
    params.write_bytes(serialization.msgpack_serialize(tiny.random_variables(spec, -0.7, 0.7)))
    options = {"spec": spec.model_dump_json(), "params": params, "out": out, "seed": 7, "per-class": 2, "steps": 3}
    options["grid"] = "none"
    sample.main([part for name, value in options.items() for part in (f"--{name}", str(value))])
    split = artifacts.read_split(out)
    np.testing.assert_array_equal(split.labels, [0, 0, 1, 1, 2, 2])
    assert split.images.dtype == np.float32
    assert (split.meta["model"], split.meta["split"], split.meta["seed"]) == ("score", "samples", 7)
    model = models.load(spec, params)
    wanted = jax.jit(lambda y, key: model.sample(y, key, 4))(split.labels[3], keys.key_for(7, "sample", 3))
    np.testing.assert_allclose(split.images[3], wanted, atol=1e-3)
