import time

import pytest

from sbgc.procedures.training.clock import Clock


@pytest.fixture
def now(monkeypatch):
    """A time that the test sets."""
    clock = [1000.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    return clock


def test_the_schedule_begins_after_the_compilation_and_ends_with_the_budget(now):
    clock = Clock(100.0, 400)
    now[0] += 20.0
    assert clock.compiling
    assert clock.place() == 0.0
    clock.finished()
    assert not clock.compiling
    places = []
    for _ in range(5):
        places.append(clock.place())
        now[0] += 20.0
    assert places == pytest.approx([0.0, 100.0, 200.0, 300.0, 400.0])
    assert clock.place() == 400.0  # and stays there


def test_it_is_over_when_one_more_would_end_too_late(now):
    clock = Clock(100.0, 400)
    assert not clock.over(0)  # nothing is known yet
    clock.finished()
    for _ in range(8):
        now[0] += 10.0
        clock.finished()
    assert not clock.over(1)  # 80 s are gone: one under way and another end at 100 s
    assert clock.over(2)
    now[0] += 10.0
    clock.finished()
    assert not clock.over(0)
    now[0] += 1.0
    assert clock.over(0)


def test_a_budget_that_the_compilation_eats_up_is_over_at_once(now):
    clock = Clock(10.0, 400)
    now[0] += 30.0
    clock.finished()
    assert clock.over(0)
