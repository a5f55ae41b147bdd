"""A residual network of He et al. 2016 written out in NumPy, in float64: the oracle of its tests."""

import numpy as np


def convolved(x, kernel, stride=1):
    """[B, H, W, C] by [k, k, C, F], zeros around the images, k // 2 of them on each side."""
    width = kernel.shape[0]
    padded = np.pad(x, [(0, 0), *[(width // 2,) * 2] * 2, (0, 0)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (width, width), axis=(1, 2))[:, ::stride, ::stride]
    return np.einsum("bhwcij,ijcf->bhwf", windows, kernel)


def pooled(x):
    """The largest of 3x3 pixels, at every other one."""
    padded = np.pad(x, [(0, 0), (1, 1), (1, 1), (0, 0)], constant_values=-np.inf)
    return np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))[:, ::2, ::2].max(axis=(-2, -1))


def normed(x, params, stats):
    """By running statistics; by those of the batch where `stats` is None."""
    mean, var = (x.mean(axis=(0, 1, 2)), x.var(axis=(0, 1, 2))) if stats is None else (stats["mean"], stats["var"])
    return (x - mean) / np.sqrt(var + 1e-5) * params["scale"] + params["bias"]


def block(x, params, stats, stride):
    """A block of two convolutions, or of three, the middle one of which then has the stride."""
    convs, h = sorted(name for name in params if name.startswith("Conv_")), x
    strides = (stride, 1) if len(convs) == 2 else (1, stride, 1)
    norms = [*(f"BatchNorm_{number}" for number in range(len(convs) - 1)), "last_norm"]
    for conv, norm, step in zip(convs, norms, strides, strict=True):
        h = normed(convolved(h, params[conv]["kernel"], step), params[norm], stats and stats[norm])
        h = h if norm == "last_norm" else np.maximum(h, 0)
    if "shortcut" in params:
        x = convolved(x, params["shortcut"]["kernel"], stride)
        x = normed(x, params["shortcut_norm"], stats and stats["shortcut_norm"])
    return np.maximum(x + h, 0)


def logits(x, params, stats=None, levels=17):
    """Of images [B, H, W, C] in grey levels, at evaluation; in training where `stats` is None."""
    large = params["stem"]["kernel"].shape[0] == 7
    h = convolved(2 * x / levels - 1, params["stem"]["kernel"], 2 if large else 1)
    h = np.maximum(normed(h, params["stem_norm"], stats and stats["stem_norm"]), 0)
    h = pooled(h) if large else h
    for name in sorted(name for name in params if name.startswith("stage")):
        stride = 2 if not name.startswith("stage0") and name.endswith("block0") else 1
        h = block(h, params[name], stats and stats[name], stride)
    return h.mean(axis=(1, 2)) @ params["Dense_0"]["kernel"] + params["Dense_0"]["bias"]
