import math
import time

import pytest

from sbgc.procedures.training.throughput import Meter, Throughput


class Result:
    def __init__(self, ready):
        self.ready = ready

    def is_ready(self):
        return self.ready


def test_steps_before_which_the_devices_stood_still_are_counted():
    meter = Meter()
    for last in (None, Result(True), Result(False), Result(True), Result(False), Result(False)):
        meter.handed_over(last)
    assert meter.throughput().starved == 1 / 4  # the first two steps, which compile, do not count


def test_a_host_that_waits_for_every_step_is_told_of_no_share():
    meter = Meter()
    for _ in range(6):
        meter.handed_over(None)
    assert math.isnan(meter.throughput().starved)
    assert meter.throughput().facts(1.0, 1.0, 1)["starved_steps_share"] is None


def test_images_a_second_leave_out_what_comes_before_the_third_step(monkeypatch):
    clock = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: clock[0])
    meter = Meter()
    for seconds in (100.0, 10.0, 2.0, 2.0):
        clock[0] += seconds
        meter.finished(images=8)
    assert meter.throughput().images_per_second == pytest.approx(16 / 4.0)


def test_too_few_steps_tell_nothing():
    assert math.isnan(Meter().throughput().images_per_second)
    assert Meter().throughput().facts(1.0, 1.0, 1)["images_per_second"] is None


def test_the_share_is_of_the_peak_of_all_devices():
    facts = Throughput(100.0, 0.25).facts(flop_per_image=3e9, peak_teraflops=0.5, devices=2)
    assert facts["flop_per_second"] == pytest.approx(3e11)
    assert facts["share_of_peak"] == pytest.approx(0.3)
    assert facts["starved_steps_share"] == 0.25
    assert Throughput(100.0, 0.0).facts(3e9, None, 2)["share_of_peak"] is None


def test_of_operations_that_are_not_counted_no_share_is_told():
    facts = Throughput(100.0, 0.25).facts(flop_per_image=None, peak_teraflops=0.5, devices=2)
    assert facts["images_per_second"] == 100.0
    assert {facts[name] for name in ("flop_per_image", "flop_per_second", "share_of_peak")} == {None}
