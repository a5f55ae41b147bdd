"""How a model is fitted by descent: a step, a segment, its throughput."""
