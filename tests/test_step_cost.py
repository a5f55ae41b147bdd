import tiny

from sbgc.fitting import score
from sbgc.procedures.training import from_spec, step_cost


def test_the_operations_for_an_image_do_not_depend_on_the_parts_of_a_batch_and_hardly_on_its_size():
    """The update of the weights is shared by the images of a batch."""
    trainer, split = score.trainer(tiny.spec_of(tiny.SCORE)), tiny.split(20)
    changed = ({}, {"accumulation": 4}, {"batch_size": 16})
    specs = [tiny.spec_of(tiny.SCORE, training=training) for training in changed]
    one, parts, twice = (step_cost.flop_per_image(trainer, from_spec.settings(spec), split) for spec in specs)
    assert parts == one
    assert 0.8 * one < twice < one
