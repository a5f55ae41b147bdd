"""The way of an attack in the plane of three centers, whose straight boundaries say what the classifier says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import tiny
from test_attack_engine import SETTINGS

from sbgc.artifacts import ArtifactError
from sbgc.maths.attacks.machines import CarliniWagner
from sbgc.maths.attacks.protocol import Goal
from sbgc.models.ib_inn import InvertibleClassifier
from sbgc.nets import ib_inn
from sbgc.procedures.attacks import trajectory
from sbgc.procedures.attacks.victim import Batch, Victim
from sbgc.procedures.tables.trajectory_table import trajectory_rows

CORNERS = np.array([[1.0, 0, 0, 0], [5.0, 0, 0, 0], [3.0, 0, 3.0, 0]])


def test_coordinates_in_a_plane_leave_out_what_lies_outside_of_it():
    points = np.array([[1.0, 7.0, 0, 2.0], [2.5, 0, 1.5, -4.0]])
    np.testing.assert_allclose(trajectory.in_plane(CORNERS, points), [[0.0, 0.0], [1.5, 1.5]])
    np.testing.assert_allclose(trajectory.in_plane(CORNERS, CORNERS), [[0, 0], [4, 0], [2, 3]])


def test_three_centers_on_a_line_span_no_plane():
    with pytest.raises(ArtifactError, match="the centers of three classes lie on a line"):
        trajectory_rows(np.zeros((2, 4)), np.arange(3.0)[:, None] * CORNERS[1], 0, np.zeros(2), [], 1.0)


def test_the_class_that_is_reached_leads_where_the_way_is_beyond_the_crossing_by_as_much_as_the_axis_tells():
    """On a random IB-INN: log p(reached|x) - log p(own|x) = length (along - crossing), at every step."""
    spec = tiny.spec_of(tiny.IB_INN)
    net = ib_inn.of(spec.dataset.model_dump(), **spec.settings.model_dump(include={"net", "means"}))
    model = InvertibleClassifier(net, ib_inn.start(net, jax.random.key(2)))
    image, levels = jnp.full((1, *tiny.SHAPE), 0.4), tiny.LEVELS
    noise, zero = np.full((1, 1, *tiny.SHAPE), 0.25, np.float32), jnp.zeros(1, jnp.int32)
    label = int(model.logits((levels - 1) * image[0] + 0.25, jax.random.key(0)).argmax())
    batch = Batch(zero + label, zero - 1, zero, jnp.asarray(noise))
    goal = Goal(image, jnp.full(1, jnp.inf), image, jax.random.split(jax.random.key(0), 1))
    victim = Victim(model, SETTINGS)
    way = trajectory.way(victim, CarliniWagner(60, 1, 0.05, 10.0, 0.5), batch, goal)
    z = trajectory.latents(model, way.images[:, 0], noise[0, 0], levels)
    centers = np.asarray(model.class_means, float)
    rows = trajectory_rows(z, centers, label, way.margins[:, 0], ["a", "b", "c"], 0.5)
    reached = "abc".index(rows["reached_name"].iloc[0])
    logits = jax.vmap(lambda x: model.logits(x, jax.random.key(0)))((levels - 1) * way.images[:, 0] + noise[0, 0])
    lead = np.asarray(logits[:, reached] - logits[:, label], float)
    length = rows["reached_along"].to_numpy()
    np.testing.assert_allclose(length * (rows["along"] - rows["crossing"]), lead, rtol=1e-4)
    np.testing.assert_allclose(rows["margin"].iloc[-1], lead[-1], rtol=1e-4)
    assert lead[0] < 0.0 < 0.5 <= rows["margin"].max()
    assert (rows["enough"] == (rows["margin"] >= 0.5)).all()
    np.testing.assert_allclose(length * (rows["confident"] - rows["crossing"]), 0.5)
