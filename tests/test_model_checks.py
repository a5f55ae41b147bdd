import jax
import jax.numpy as jnp
import pytest
import tiny
from configurations import experiment, loaded

from sbgc.config import model_checks
from sbgc.config.mistakes import line
from sbgc.config.nets import ClassNetworks, LowRank
from sbgc.config.training import Crops, Weights
from sbgc.nets.unet import UNet

DIGITS = model_checks.Data((8, 8, 1), 10, 1257, 0)
NET, TRAINING = "models.score.net", "models.score.training"


def told(net=None, training=None, data=DIGITS, segments=2, model="score", **others):
    """What is wrong with a model of digits with other settings, for other images."""
    plain = experiment().models[model]
    nested = {"net": net, "training": training}
    changes = {name: getattr(plain, name).model_copy(update=update) for name, update in nested.items() if update}
    changed = plain.model_copy(update=changes | others)
    return [line(one, "x") for one in model_checks.mistakes(("models", model), changed, data, segments)]


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"training": {"batch_size": 1258}}, f"{TRAINING}.batch_size = 1258: must be at most 1257, the size of the"),
        (
            {"training": {"crops": Crops(border=8, fill="edge")}},
            f"{TRAINING}.crops.border = 8: must be at most 7, less than the image's side",
        ),
        ({"training": {"steps": 1}}, f"{TRAINING}.steps = 1: must be at least execution.segments = 2, for a segment"),
        (
            {"net": {"multipliers": (1, 2, 2, 2, 2)}},
            f"{NET}.multipliers = [1, 2, 2, 2, 2]: 8x8 pixels cannot be halved",
        ),
        ({"net": {"attention_sizes": (16,)}}, f"{NET}.attention_sizes[0] = 16: must be one of 8, 4"),
        ({"net": {"features": 72}}, f"{NET}.features = 72: gives a layer of 144 channels, which do not divide into 32"),
        ({"likelihood": None}, "models.score.likelihood: this key is missing"),
        (
            {"class_networks": ClassNetworks(begin=1e-5, shared=0.25)},
            "models.score.class_networks.begin = 1e-05: must be more than sde.t_min = 1e-05",
        ),
        (
            {"class_networks": ClassNetworks(begin=0.04, shared=0.003)},
            "models.score.class_networks.shared = 0.003: must give both networks some of the 128 images of a part",
        ),
    ],
    ids=str,
)
def test_a_model_that_does_not_fit_its_images_is_one_line(changes, rule):
    (found,) = told(**changes)
    assert found.startswith(f"x: {rule}"), found


def of_flow(data=DIGITS, **net):
    """What is wrong with the split flow of digits where its network is another one."""
    model = loaded({}).experiments["digits_flows"].models["split"]
    changed = model.model_copy(update={"net": model.net.model_copy(update=net)})
    return [line(one, "x") for one in model_checks.mistakes(("models", "split"), changed, data, 2)]


def test_a_flow_that_does_not_fit_its_images_is_one_line():
    assert of_flow() == []
    (found,) = of_flow(levels=5)
    assert found.startswith("x: models.split.net.levels = 5: 8x8 pixels cannot be halved 4 times for 5 levels"), found
    assert of_flow(levels=5, border=4) == []
    (found,) = of_flow(levels=1, data=model_checks.Data((8, 8, 1), 128, 1257, 0))
    assert found == "x: models.split.prior: needs more than the 128 latents of the last level for 128 classes"


def test_an_ib_inn_that_does_not_fit_its_images_is_one_line():
    model = loaded({}).experiments["digits_ibinn"].models["beta_1"]

    def told(**changed):
        sections = {name: getattr(model, name).model_copy(update=change) for name, change in changed.items()}
        return [
            line(one, "x")
            for one in model_checks.mistakes(("models", "beta"), model.model_copy(update=sections), DIGITS, 2)
        ]

    assert told() == []
    (found,) = told(net={"blocks": (1, 1, 1, 1), "features": (4, 4, 4, 4)})
    assert found == "x: models.beta.net.blocks = [1, 1, 1, 1]: 8x8 pixels cannot be halved 4 times, once by each stage"
    (found,) = told(means={"low_rank": LowRank(first=64, rank=2)})
    assert found.startswith("x: models.beta.means.low_rank.first = 64: must be at most 63, less than the numbers"), (
        found
    )


def test_a_resnet_that_halves_its_images_to_less_than_a_pixel_is_one_line():
    def told(height, **changed):
        model = tiny.spec_of(tiny.RESNET, **changed).settings
        data = DIGITS._replace(image_shape=(height, 9, 1))
        return [line(one, "x") for one in model_checks.mistakes(("models", "net"), model, data, 2)]

    assert told(8, blocks=[1] * 4) == told(32, blocks=[1]) == told(9, blocks=[1, 1], stem="imagenet") == []
    (found,) = told(8, blocks=[1] * 5)
    assert found == "x: models.net.blocks = [1, 1, 1, 1, 1]: 8x9 pixels cannot be halved 4 times; take fewer stages"
    (found,) = told(8, blocks=[1] * 3, stem="imagenet")
    assert found == (
        "x: models.net.blocks = [1, 1, 1]: 8x9 pixels cannot be halved 4 times; take fewer stages, or the plain stem"
    )


def test_the_models_of_digits_fit_their_images():
    assert [told(model=model) for model in ("score", "gaussian", "wide_resnet")] == [[], [], []]


WEIGHTS = Weights(file="w.npz", sha256="0" * 64)
GIVEN = {"objective": None, "optimizer": None, "training": None, "weights": WEIGHTS}


def given(**changed):
    """What is wrong with the score model of digits where it is given weights in place of a training."""
    model = experiment().models["score"].model_copy(update=GIVEN | changed)
    return [line(one, "x") for one in model_checks.mistakes(("models", "score"), model, DIGITS, 2)]


def test_given_weights_take_the_place_of_all_settings_of_a_training():
    plain = experiment().models["score"]
    assert given() == []
    for section in ("objective", "optimizer", "training"):
        (found,) = given(**{section: getattr(plain, section)})
        assert found == f"x: models.score.{section}: must be null, for the model is given its weights"
        (found,) = [line for line in given(weights=None) if section in line]
        assert found == f"x: models.score.{section}: this key is missing"


def test_images_of_an_odd_height_need_a_net_of_one_level():
    odd = DIGITS._replace(image_shape=(9, 8, 1))
    (found,) = told(net={"attention_sizes": ()}, data=odd)
    assert found == "x: models.score.net.multipliers = [1, 1]: 9x8 pixels cannot be halved 1 times for 2 levels"
    assert told(net={"attention_sizes": (), "multipliers": (1,)}, data=odd) == []


def test_a_batch_of_one_s_own_images_has_no_bound_before_they_are_read():
    assert told(training={"batch_size": 99_999}, data=DIGITS._replace(training_images=None)) == []


def test_covariances_that_no_machine_holds_are_refused_with_their_size():
    large = DIGITS._replace(image_shape=(128, 128, 3))
    (found,) = told(model="gaussian", data=large)
    assert found == (
        "x: models.gaussian: needs 900 GiB for the covariances of images of 128x128x3; leave it out, with null in its "
        "place"
    )


@pytest.mark.parametrize("multipliers", [(1,), (1, 2), (2, 3)], ids=str)
@pytest.mark.parametrize(("features", "blocks"), [(32, 1), (40, 1), (44, 1), (44, 2), (48, 1)])
def test_a_net_is_refused_exactly_when_flax_refuses_its_groups(features, multipliers, blocks):
    net = {"features": features, "multipliers": multipliers, "blocks": blocks, "attention_sizes": (8,), "dropout": 0.0}
    unet, image = UNet(**net, num_classes=10), jnp.zeros((1, 8, 8, 1))

    def init() -> object:
        return unet.init(jax.random.key(0), image, jnp.zeros(1), jnp.zeros(1, int))

    try:
        jax.eval_shape(init)
    except ValueError:
        (found,) = told(net=net)
        assert "a multiple of 32 works" in found
    else:
        assert told(net=net) == []
