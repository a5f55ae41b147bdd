import numpy as np
import pytest
from matplotlib.figure import Figure

from sbgc.artifacts import Split
from sbgc.figures import class_names


def split(**meta):
    return Split(np.zeros((1, 1, 1, 1), np.uint8), np.zeros(1, int), np.zeros(1, int), meta=meta)


def test_classes_have_the_names_of_the_split_and_else_their_numbers():
    assert class_names.of_split(split(class_names=["cat", "dog"]), [1, 0]) == ["dog", "cat"]
    assert class_names.of_split(split(), [1, 0]) == ["1", "0"]


def test_a_class_that_the_names_do_not_reach_has_its_number():
    assert class_names.called(["cat"], [0, 1]) == ["cat", "1"]


def test_a_long_name_is_cut_and_stands_on_one_line():
    (name,) = class_names.called(["a very long\nname of a class"], [0])
    assert name == "a very long n…"
    assert len(name) == class_names.LONGEST


@pytest.mark.parametrize("name", ["$x$", "$ and $", "1 $", r"$\nonsense$"])
def test_dollars_in_a_name_are_no_formula(name):
    (shown,) = class_names.called([name], [0])
    text = Figure().text(0, 0, shown)
    assert text._preprocess_math(shown) == (name, False)
