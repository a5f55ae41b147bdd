"""How a model is fitted by descent: a step, a segment of steps, and its throughput."""
