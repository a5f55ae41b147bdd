"""That small classifiers learn the digits: a hundred steps, which take long in programs without optimization."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from sbgc import fitting, models
from sbgc.artifacts import Split
from sbgc.procedures.training import from_spec, segments, train_states

SMALL = {  # and the accuracy to reach
    "wide_resnet": (tiny.WIDE_RESNET, {"widen": 2, "base_features": 8}, 0.97),
    "resnet": (tiny.RESNET, {"blocks": [1, 1, 1], "features": 16}, 0.95),
}


@pytest.mark.parametrize("kind", SMALL)
def test_a_small_one_learns_the_digits_in_a_hundred_steps(kind):
    settings, size, enough = SMALL[kind]
    data = load_digits()
    train, test, labels, test_labels = train_test_split(
        data.images[..., None].astype(np.uint8), data.target, test_size=360, stratify=data.target, random_state=0
    )
    training = {"steps": 100, "batch_size": 128, "ema_decay": 0.0}
    spec = tiny.spec_of(settings, (8, 8, 1), 10, **size, optimizer={"learning_rate": 0.1}, training=training)
    trainer, split = fitting.page(kind).trainer(spec), Split(train, labels, np.arange(len(labels)))
    how = from_spec.settings(spec)
    state, _ = segments.run(trainer, how, split, 0, segments.initial_state(trainer, how, split, 0), 100)
    model = models.page(kind).load(spec, train_states.ema_variables(train_states.to_bytes(state)))
    x = jnp.asarray(test + np.random.default_rng(0).random(test.shape), jnp.float32)
    logits = jax.jit(jax.vmap(lambda x: model.logits(x, jax.random.key(0))))(x)
    assert (np.argmax(logits, axis=1) == test_labels).mean() >= enough
