"""The score network's training: denoising score matching by Adam, with warm-up and clipping (SBGC A.1)."""

import jax
import optax
from jaxtyping import Array, Float

from sbgc.config.models import Adam, ScoreModel
from sbgc.config.spec import Spec
from sbgc.maths import score_matching, sde
from sbgc.maths.score_matching import Times
from sbgc.nets.noise_network import NoiseNetwork
from sbgc.trainer import Images, Labels, Trainer, Variables
from sbgc.types import Key, Scalar


def trainer(spec: Spec) -> Trainer:
    """Denoising score matching under the spec's weighting of time."""
    settings, levels = spec.settings, spec.dataset.levels
    assert isinstance(settings, ScoreModel)
    network = NoiseNetwork.create(spec.dataset.num_classes, **settings.net.model_dump())
    process, objective = sde.from_settings(settings.sde.model_dump()), settings.objective.model_dump()

    def init(key: Key, images: Images, labels: Labels) -> Variables:
        del images, labels
        return network.init(key, spec.dataset.image_shape)

    def loss(variables: Variables, images: Images, labels: Labels, key: Key) -> tuple[Scalar, Variables]:
        time_key, noise_key, dropout_key = jax.random.split(key, 3)
        times, weights = score_matching.sample_times(process, time_key, len(images), **objective)

        def eps_hat(z: Images, times: Times) -> Float[Array, "batch height width channels"]:
            return network.predict(variables, z, times, labels, train=True, rngs={"dropout": dropout_key})

        z = 2.0 * images / levels - 1.0
        return score_matching.loss(process, eps_hat, z, times, weights, noise_key), {}

    return Trainer(init, loss, _optimizer(settings.optimizer, settings.training.steps))


def _optimizer(settings: Adam, steps: int) -> optax.GradientTransformation:
    rate, warmup = settings.learning_rate, settings.warmup_steps
    if settings.cosine_decay:
        schedule = optax.warmup_cosine_decay_schedule(0.0, rate, warmup, max(steps, warmup + 1))
    else:
        schedule = optax.linear_schedule(0.0, rate, warmup)
    return optax.chain(optax.clip_by_global_norm(settings.clip_norm), optax.adam(schedule))
