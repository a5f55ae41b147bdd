"""Tables such as the digits experiment makes, from formulas and fixed seeds: what the tests draw figures from."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from scipy.special import ndtr, ndtri

from sbgc.artifacts import Split

KINDS = ("score", "gaussian", "wide_resnet")
NOISY = {"gaussian_noise": 55, "shot_noise": 45, "impulse_noise": 80, "speckle_noise": 30}
CORRUPTIONS = (
    *NOISY, "defocus_blur", "gaussian_blur", "motion_blur", "zoom_blur", "fog", "brightness", "contrast",
    "elastic_transform", "pixelate", "jpeg_compression",
)  # fmt: skip
LEVEL = {"ci_level": 0.95}
Rows = list[dict[str, Any]]


def quoted() -> Rows:
    """The paper's Table 1, as config.yaml quotes it."""
    config = Path(__file__).parent.parent / "config.yaml"
    return yaml.safe_load(config.read_text())["quoted"]["table1"]


def table(rows: Rows, model: str, seed: int = 0) -> pd.DataFrame:
    """Tidy rows of one model, the five leading columns first; a model is named after its kind."""
    leading = {"experiment": "digits", "dataset": "digits", "model": model, "kind": model, "seed": seed}
    return pd.DataFrame([leading | row for row in rows])


def wilson(accuracy: float, images: int) -> dict[str, float]:
    """The 95 % score interval of a fraction."""
    z2 = 1.96**2
    middle = accuracy * images + z2 / 2
    width = np.sqrt(z2 * (accuracy * (1 - accuracy) * images + z2 / 4))
    return {"ci_low": (middle - width) / (images + z2), "ci_high": (middle + width) / (images + z2)}


def metrics() -> pd.DataFrame:
    """tables/metrics.parquet."""
    measured = {"score": (0.9889, 1.85), "gaussian": (0.9833, 2.78), "wide_resnet": (0.9917, None)}
    found = []
    for model, (accuracy, bits) in measured.items():
        for evaluation, images in (("validation", 180), ("test", 360)):
            facts = {"evaluation": evaluation, "split": evaluation, "num_images": images, "draws": 4, **LEVEL}
            rows = [{"metric": "accuracy", "unit": "fraction", "value": accuracy, **wilson(accuracy, images)}]
            if bits:
                for part, value in (("conditional", bits), ("marginal", bits + 0.02)):
                    interval = {"value": value, "ci_low": value - 0.02, "ci_high": value + 0.025}
                    rows.append({"metric": f"bits_per_dim_{part}", "unit": "bits/dim", **interval})
            found.append(table([facts | row for row in rows], model))
    return pd.concat(found, ignore_index=True)


def betas() -> tuple[pd.DataFrame, dict[str, dict[str, Any]]]:
    """tables/metrics.parquet with five IB-INNs beside the other models, and what is known of these and a classifier."""
    measured = {0: (2.4, 0.1), 1: (2.6, 0.95), 4: (3.3, 0.97), 32: (6.1, 0.975), "infinity": (16.0, 0.978)}
    found, known = [metrics()], {"wide_resnet": {"beta": None, "classifier": True, "levels": 17}}
    for beta, (bits, accuracy) in measured.items():
        facts = {"evaluation": "test", "split": "test", "num_images": 360, "draws": 4, **LEVEL}
        rows = [{"metric": "accuracy", "unit": "fraction", "value": accuracy, **wilson(accuracy, 360)}]
        rows += [
            {"metric": name, "value": value, "ci_low": value - 0.02, "ci_high": value + 0.03}
            for name, value in (("bits_per_dim_marginal", bits), ("posterior_nll", 2.0 * (1.0 - accuracy)))
        ]
        found.append(table([facts | row for row in rows], "ib_inn").assign(model=f"beta_{beta}"))
        known[f"beta_{beta}"] = {"beta": beta, "classifier": False, "levels": 17}
    nll = metrics().query("model == 'wide_resnet' and metric == 'accuracy'").assign(metric="posterior_nll", value=0.05)
    return pd.concat([*found, nll.assign(ci_low=0.03, ci_high=0.08)], ignore_index=True), known


def interpolation() -> pd.DataFrame:
    """tables/interpolation.parquet: a convex and a concave line; the classes change places in the middle."""
    t = np.linspace(0, 1, 24)
    of_a = 1.0 / (1.0 + np.exp(14 * (t - 0.5)))
    found = []
    for model, ends, bend in (("score", -82.0, -35.0), ("gaussian", -124.0, 9.0)):
        mean, sd = ends + 4 * bend * t * (1 - t) + 2 * t, 14 + 10 * t * (1 - t)
        half = 1.96 * sd / 24**0.5
        columns = {"t": t, "log_prob_mean_nats": mean, "log_prob_sd_nats": sd, "num_pairs": 24}
        columns |= {"ci_low_nats": mean - half, "ci_high_nats": mean + half}
        for end, values in (("a", 0.97 * of_a), ("b", 0.97 * of_a[::-1])):
            low, high = np.maximum(values - 0.05, 0.0), np.minimum(values + 0.05, 1.0)
            columns |= {f"posterior_{end}_mean": values, f"posterior_{end}_sd": np.full(24, 0.2)}
            columns |= {f"posterior_{end}_ci_low": low, f"posterior_{end}_ci_high": high}
        for pairs, count in (("all", 24), ("eligible", 22)):
            rows = pd.DataFrame(columns | {"pairs": pairs, "num_pairs": count, **LEVEL})
            found.append(table(rows.to_dict("records"), model))
    return pd.concat(found, ignore_index=True)


def interpolated() -> tuple[pd.DataFrame, pd.DataFrame]:
    """tables/interpolation.parquet and interpolation_paths.parquet."""
    facts = {"whole_path_accepted": 0.05, "ci_low": 0.01, "ci_high": 0.22, "accepted_test_images": 1.0, **LEVEL}
    facts |= {"threshold_bits_per_dim": 4.0, "num_pairs": 24, "eligible_pairs": 22, "points": 24}
    paths = [table([facts], model) for model in ("score", "gaussian")]
    return interpolation(), pd.concat(paths, ignore_index=True)


def convergence() -> pd.DataFrame:
    """tables/convergence.parquet: no error at one draw, no deviation at all of them."""
    draws = np.arange(1, 31)
    error = np.where(draws > 1, 2.5 / draws**0.5, np.nan)
    columns = {
        "draws": draws, "accuracy_mean": 0.985 - 0.07 / draws, "accuracy_sd": 0.03 / draws - 0.001,
        "log_prob_correct_nats": -80 + 0.8 / draws, "log_prob_correct_sem_nats": error,
        "log_prob_wrong_nats": -99 + 1.5 / draws, "log_prob_wrong_sem_nats": 1.2 * error,
        "num_images": 60, "split": "test",
    }  # fmt: skip
    return table(pd.DataFrame(columns).to_dict("records"), "score")


def corruptions() -> pd.DataFrame:
    """tables/corruptions.parquet: noise costs likelihood, some blurs gain it."""
    clean = {"score": (0.985, -82.0, 0.05), "gaussian": (0.98, -124.0, 0.075), "wide_resnet": (0.99, np.nan, 0.035)}
    found = []
    for model, (accuracy, level, slope) in clean.items():
        rows = [_corrupted("clean", 0, accuracy, level)]
        for place, kind in enumerate(sorted(CORRUPTIONS)):
            for severity in range(1, 6):
                lost = slope * severity * (1 + 0.25 * (place % 3))
                change = -NOISY[kind] * severity**0.8 if kind in NOISY else (place % 5 - 1.5) * 3 * severity
                rows.append(_corrupted(kind, severity, max(0.1, accuracy - lost), level + change))
        found.append(table(rows, model))
    return pd.concat(found, ignore_index=True)


def _corrupted(kind: str, severity: int, accuracy: float, level: float) -> dict[str, Any]:
    ends = {f"accuracy_{end}": value for end, value in wilson(accuracy, 36).items()}
    interval = {"log_prob_ci_low_nats": level - 5.0, "log_prob_ci_high_nats": level + 4.0}
    change = level + (82.0 if level > -100 else 124.0)
    changes = {"": change, "ci_low_": change - 3.0, "ci_high_": change + 3.0}
    interval |= {f"log_prob_change_{end}nats": value for end, value in changes.items()}
    source = "CIFAR-10-C style" if severity else ""
    facts = {"bits_per_dim": -level / (64 * np.log(2)), "num_images": 36, "draws": 1, "source": source, **LEVEL}
    where = {"corruption": kind, "severity": severity}
    return {**where, "accuracy": accuracy, **ends, "log_prob_nats": level, **interval, **facts}


def spectra() -> pd.DataFrame:
    """tables/spectra.parquet: blurs take high frequencies away, noise adds to them."""
    rows = []
    for kind in sorted(CORRUPTIONS):
        for severity in range(1, 6):
            for band in range(1, 8):
                frequency = band / 16
                rate = 0.5 if kind.endswith("noise") else -len(kind) / 4
                ratio = np.exp(rate * severity * frequency)
                where = {"corruption": kind, "severity": severity, "frequency_cycles_per_pixel": frequency}
                rows.append(where | {"ratio": ratio, "ratio_ci_low": 0.9 * ratio, "ratio_ci_high": 1.1 * ratio})
    return pd.DataFrame(rows)


def sheet() -> Split:
    """splits/contact_sheet.npz."""
    kinds = ["clean", *(kind for kind in sorted(CORRUPTIONS) for _ in range(5))]
    severities = [0, *(severity for _ in CORRUPTIONS for severity in range(1, 6))]
    image = splits()[0].images[3].astype(float)
    images = np.stack([image * (1 - 0.15 * severity) for severity in severities])
    columns = {"corruption": np.array(kinds), "severity": np.array(severities)}
    facts = {"dataset": "digits", "levels": 17, "corruption_source": "CIFAR-10-C style"}
    ones = np.ones(len(kinds), int)
    return Split(images.astype(np.uint8), ones, 1437 * ones, columns, facts)


def adversarial() -> pd.DataFrame:
    """tables/adversarial.parquet."""
    sizes = {"linf": (0, 8 / 255, 1 / 16, 1 / 8, 1 / 4), "l2": (0, 0.25, 0.5, 1.0, 2.0)}
    right = {"score": (16, 15, 12, 3, 0), "gaussian": (16, 14, 8, 1, 0), "wide_resnet": (16, 15, 13, 5, 0)}
    found = []
    for model, counts in right.items():
        for norm, epsilons in sizes.items():
            facts = {"split": "test", "attacked": f"{model}-seed0", "norm": norm, "num_images": 16, "draws": 1}
            accuracies = [
                {"epsilon": e, "accuracy": n / 16, **wilson(n / 16, 16)} for e, n in zip(epsilons, counts, strict=True)
            ]
            for attack in (f"apgd_{norm}", f"fmn_{norm}", "worst"):
                found.append(
                    table([facts | {"attack": attack, "unreliable": ""} | row | LEVEL for row in accuracies], model)
                )
    return pd.concat(found, ignore_index=True)


def transfers() -> pd.DataFrame:
    """tables/transfers.parquet: white-box attacks leave the least."""
    found = []
    for row, model in enumerate(KINDS):
        for column, other in enumerate(KINDS):
            for norm, epsilon in (("linf", 0.125), ("l2", 1.0)):
                right = 2 * row if row == column else 6 + 3 * row + column
                facts = {"split": "test", "attacked": f"{other}-seed0", "attack": "worst", "norm": norm}
                facts |= {"epsilon": epsilon, "accuracy": right / 16, **wilson(right / 16, 16), **LEVEL}
                facts |= {"num_images": 16, "draws": 1, "methods": "apgd_linf, apgd_l2"}
                found.append(table([facts], model))
    return pd.concat(found, ignore_index=True)


def attacked(shape: tuple[int, int, int] = (8, 8, 1), levels: int = 17) -> Split:
    """splits/attacked_images.npz of three models and images.

    The first image becomes one of class 3, the second is wrong before any attack, and the third withstands.
    """
    clean = splits(shape, levels)[0].take(np.arange(0, 24, 8))
    waves = np.sin(np.arange(clean.images[0].size)).reshape(shape)
    images, rows, predicted = [], [], (3, 2, 2)
    for number, model in enumerate(KINDS):
        bits = 1.85 + number if model != "wide_resnet" else np.nan
        for place, image in enumerate(clean.images.astype(np.float32)):
            facts = {"model": model, "kind": model, "place": place, "misled": place == 1, "bits_per_dim": bits}
            rows.append(facts | {"norm": "none", "size": 0.0, "predicted": (0, 2, 2)[place]})
            images.append(image)
            for norm, most in (("linf", 1 / 16), ("l2", 1 / 8)):
                change = waves * most * (1 + number) * (place != 1)
                images.append(((levels - 1) * change + image).astype(np.float32))
                size = np.abs(change).max() if norm == "linf" else np.linalg.norm(change)
                after = {"norm": norm, "size": size, "misled": place < 2, "predicted": predicted[place]}
                rows.append(facts | after | {"bits_per_dim": bits + 0.2 * (place != 1)})
    known = pd.DataFrame(rows)
    place = known.pop("place").to_numpy()
    columns = {name: np.array(known[name].tolist()) for name in known}
    meta = clean.meta | {"split": "attacked_images", "seed": 0, "draws": 1}
    return Split(np.stack(images), clean.labels[place], clean.index[place], columns, meta)


def loss() -> pd.DataFrame:
    """tables/loss.parquet."""
    found = []
    for model, steps, first, last in (("score", 2500, 1.0, 0.12), ("wide_resnet", 1500, 2.3, 0.004)):
        noise = np.random.default_rng(0).lognormal(0, 0.25, steps)
        step = np.arange(1, steps + 1)
        value = (last + (first - last) * np.exp(-12 * step / steps)) * noise
        rows = pd.DataFrame({"step": step, "loss": value, "grad_norm": 3 * value}).to_dict("records")
        found.append(table(rows, model))
    return pd.concat(found, ignore_index=True)


def grids() -> tuple[pd.DataFrame, pd.DataFrame]:
    """tables/grid_integrand.parquet and tables/grid_errors.parquet: of a bump, and errors that fall as nodes^-3."""
    u, at = np.linspace(-6.9, 5.0, 60), np.linspace(-4.5, 3.0, 18)
    columns = {"log_noise_ratio": np.concatenate([u, at]), "is_node": np.arange(78) >= 60, "num_images": 48}
    columns["divergence_nats"] = 19 * np.exp(-((columns["log_noise_ratio"] + 2) ** 2))
    nodes = np.array([8, 12, 18, 24])
    rms = 30.0 * nodes**-3.0
    facts = {"taken": 18, "stated": nodes == 18, "wanted_bits_per_dim": 0.005, "num_images": 24, "fine": 100}
    errors = {"nodes": nodes, "bias_bits_per_dim": -0.6 * rms, "bias_standard_error": 0.2 * rms}
    errors |= {"rms_bits_per_dim": rms, "rms_standard_error": 0.2 * rms, **facts}
    return table(pd.DataFrame(columns).to_dict("records"), "score"), table(
        pd.DataFrame(errors).to_dict("records"), "score"
    )


def confusion(images_a_class: int = 36) -> pd.DataFrame:
    """tables/confusion.parquet: a few images of some classes are taken for another; validation makes other mistakes."""
    found = []
    for place, model in enumerate(KINDS):
        counts = images_a_class * np.eye(10, dtype=int)
        for true, predicted, wrong in ((8, 1, 2), (9, 5, 1), (3, 8, 1 + place), (1, 8, place)):
            counts[true, [true, predicted]] += [-wrong, wrong]
        for evaluation, shown in (("validation", counts.T), ("test", counts)):
            true, predicted = np.indices(shown.shape)
            columns = {"true_class": true.ravel(), "predicted_class": predicted.ravel(), "count": shown.ravel()}
            found.append(table(pd.DataFrame({"evaluation": evaluation, **columns}).to_dict("records"), model))
    return pd.concat(found, ignore_index=True)


def reliability() -> pd.DataFrame:
    """tables/reliability.parquet: ten bins, the lowest of them empty; validation has half the images."""
    numbers = {"score": (3, 4, 3, 5, 345), "gaussian": (1, 0, 2, 3, 354), "wide_resnet": (2, 5, 4, 9, 340)}
    found = []
    for model, upper in numbers.items():
        for evaluation, part in (("validation", 2), ("test", 1)):
            rows = [_bin(place, images // part) for place, images in enumerate((0, 0, 0, 0, 0, *upper))]
            found.append(table([{"evaluation": evaluation, **row} for row in rows], model))
    return pd.concat(found, ignore_index=True)


def _bin(place: int, images: int) -> dict[str, Any]:
    edges = {"bin": place, "bin_low": place / 10, "bin_high": (place + 1) / 10}
    if not images:
        empty = dict.fromkeys(("confidence", "accuracy", "ci_low", "ci_high"), np.nan)
        return edges | empty | {"num_images": 0}
    right = round(images * min(1, place / 10 + 0.09)) / images
    return edges | {"confidence": place / 10 + 0.06, "accuracy": right, **wilson(right, images), "num_images": images}


def splits(shape: tuple[int, int, int] = (8, 8, 1), levels: int = 17) -> tuple[Split, Split]:
    """A training split of whole levels, and eight samples a class, floats a little outside the grey levels."""
    rng = np.random.default_rng(1)
    rows, columns = np.mgrid[: shape[0], : shape[1]] / max(shape[:2])
    waves = [np.sin(6 * rows * (1 + one % 4) + 5 * columns * (one // 3)) for one in range(10)]
    pictures = (levels - 1) * (0.5 + 0.5 * np.stack(waves))[..., None].repeat(shape[2], -1)
    labels, index = np.repeat(np.arange(10), 8), np.arange(80)
    samples, real = (pictures[labels] + rng.normal(0, 0.06 * levels, (80, *shape)) for _ in range(2))
    train = np.clip(real.round(), 0, levels - 1).astype(np.uint8)
    facts = {"dataset": "digits", "split": "train", "levels": levels}
    generated = Split(samples.astype(np.float32), labels, index, meta={"model": "score", "kind": "score"})
    return Split(train, labels, index, meta=facts), generated


def labels() -> tuple[pd.DataFrame, pd.DataFrame]:
    """tables/label_histogram.parquet and label_detection.parquet: normal distributions, half a bit apart."""
    histograms, detections = [], []
    edges = np.linspace(0.5, 4.5, 41)
    for model, center, gap in (("score", 1.9, 0.2), ("gaussian", 2.8, 0.5)):
        rows = []
        for label, mean in (("right", center), ("wrong", center + gap)):
            counts = np.rint(360 * np.diff(edges) * np.exp(-0.5 * ((edges[:-1] + 0.05 - mean) / 0.35) ** 2) / 0.877)
            bins = {"bin_low": edges[:-1], "bin_high": edges[1:], "count": counts.astype(int), "num_images": 360}
            rows += pd.DataFrame({"label": label, **bins}).to_dict("records")
        histograms.append(table(rows, model))
        shares = {"detected": 0.06, "ci_low": 0.04, "ci_high": 0.09, "num_images": 360, **LEVEL}
        shares |= {"gap_median_nats": 20.0, "log_prob_sd_nats": 16.0}
        found = [
            {"false_positive_rate": rate, "threshold_bits_per_dim": center + 0.8, **shares} for rate in (0.01, 0.1)
        ]
        detections.append(table(found, model))
    return pd.concat(histograms, ignore_index=True), pd.concat(detections, ignore_index=True)


def annuli() -> pd.DataFrame:
    """tables/counterexample.parquet, of four divergences, three certainties and two shells."""
    rows = []
    for epsilon in (1e-4, 1e-3, 1e-2, 1e-1):
        for delta in (1e-4, 1e-2, 0.3):
            for width in (0.1, 0.5):
                size = (2 * np.log(1 / delta - 1) + np.log(1 / epsilon)) / np.log1p(width)
                facts = {"dimension": round(size), "dimension_of_equation_19": round(1.3 * size)}
                facts |= {"flipped": 1.0, "likely": 1.0, "samples": 2000}
                rows.append({"experiment": "digits", "epsilon_nats": epsilon, "delta": delta, "width": width, **facts})
    return pd.DataFrame(rows)


def outliers() -> tuple[pd.DataFrame, pd.DataFrame]:
    """tables/outliers.parquet and roc.parquet: of unit normal scores whose means lie apart."""
    apart = {"score": 0.5, "gaussian": 1.5}
    rates, areas, curves = np.linspace(0.0, 1.0, 101), [], []
    for model, step in apart.items():
        for place, name in enumerate(("main corruptions", "fog", "shuffled", "photographs")):
            for sign, method in ((1.0, "typicality"), (-1.0, "likelihood")):
                facts = {"group": "corruptions" if place < 2 else "outliers", "set": name, "method": method}
                distance = sign * step * place
                area = float(ndtr(distance / np.sqrt(2.0)))
                counts = {"num_images": 100, "num_clean": 360, "num_reference": 180, "draws": 1, **LEVEL}
                ends = {"ci_low": 0.9 * area, "ci_high": 0.9 * area + 0.1, "detected": 0.3}
                areas.append(table([facts | {"auroc": area, **ends, "false_positive_rate": 0.05, **counts}], model))
                found = ndtr(ndtri(rates) + distance)
                points = [facts | {"false_positive_rate": x, "detected": y} for x, y in zip(rates, found, strict=True)]
                curves.append(table(points, model))
    return pd.concat(areas, ignore_index=True), pd.concat(curves, ignore_index=True)


def detections() -> pd.DataFrame:
    """tables/attack_detection.parquet: three attacks on two densities and a classifier, which no test is about."""
    found = []
    for model, size in (("score", 0.4), ("gaussian", 0.8), ("wide_resnet", 0.9)):
        rows = []
        for confidence in (0.01, np.inf):
            for weight in (None, 66.0, 1000.0):
                if weight and model == "wide_resnet":
                    continue
                further = size * (1.0 + 0.1 * (weight or 0.0) ** 0.3 + 0.5 * np.isinf(confidence))
                facts = {
                    "method": "carlini_wagner",
                    "norm": "l2",
                    "confidence": confidence,
                    "num_images": 64,
                    "draws": 1,
                }
                facts |= {"evades": "typicality" if weight else "none", "detector_weight": weight or np.nan, **LEVEL}
                facts |= {"attack": f"cw_{confidence:g}_{weight or 0:g}", "size_mean": further}
                ends = {"size_ci_low": 0.9 * further, "size_ci_high": 1.1 * further}
                area = np.nan if model == "wide_resnet" else 0.95 - 0.1 * (weight or 0.0) ** 0.2
                of_area = {"auroc": area, "auroc_ci_low": area - 0.05, "auroc_ci_high": min(area + 0.04, 1.0)}
                rows += [facts | ends | {"test": test} | of_area for test in ("likelihood", "typicality")]
        found.append(table(rows, model))
    return pd.concat(found, ignore_index=True)


def trajectories() -> pd.DataFrame:
    """tables/trajectories.parquet: curved ways from near the own center beyond the boundary to another one."""
    found = []
    for model, apart in (("beta_1", 3.4), ("beta_8", 5.0), ("beta_32", 8.0)):
        for image in (60, 61):
            t = np.linspace(0.0, 1.0, 40)
            along = 0.2 + (0.62 * apart - 0.2) * np.minimum(1.3 * t, 1.0)
            facts = {"index": image, "label": image % 10, "attack": "cw_l2", "confidence": 1.0, "num_images": 2}
            facts |= {"crossing": 0.5 * apart, "confident": 0.5 * apart + 1.0 / apart}
            for name, called, place in (("own", "0", (0, 0)), ("reached", "6", (apart, 0)), ("next", "8", (1.0, 2.8))):
                facts |= {f"{name}_name": called, f"{name}_along": place[0], f"{name}_aside": place[1]}
            steps = {"step": range(40), "along": along, "aside": 0.4 + np.sin(3 * t), "margin": along - 0.5 * apart}
            rows = pd.DataFrame(facts | steps).assign(enough=along >= facts["confident"]).to_dict("records")
            found.append(table(rows, "ib_inn").assign(model=model))
    return pd.concat(found, ignore_index=True)


def decisions() -> pd.DataFrame:
    """tables/decision_space.parquet of four models and four images, in a space of three classes."""
    found = []
    for model, apart in (("beta_1", 3.4), ("beta_2", 3.0), ("beta_8", 2.8), ("beta_32", 0.7)):
        rows = []
        for image, (along, radial) in enumerate(((0.1, 1.5), (0.5 * apart, 1.0), (1.0, 5.0), (apart, 0.2))):
            facts = {"index": 60 + image, "label": image, "label_name": str(image), "image_along": along}
            facts |= {"image_radial": radial, "circle_along": 1.645, "circle_radial": 2.146, "dimensions": 3}
            facts |= {"num_images": 4, "draws": 4}
            centers = ((0.0, 0.0, 0.7), (apart, 0.0, 0.2), (0.5 * apart, 2.5, 0.1))
            for rank, (center, height, posterior) in enumerate(centers, start=1):
                place = {"center_along": center, "center_radial": height, "posterior": posterior}
                rows.append(facts | place | {"rank": rank, "class": rank, "class_name": f"class {rank}"})
        found.append(table(rows, "ib_inn").assign(model=model))
    return pd.concat(found, ignore_index=True)


def similarities(classes: int = 10) -> pd.DataFrame:
    """tables/class_similarity.parquet of two models."""
    found = []
    for model, scale in (("beta_1", 3.4), ("beta_32", 0.9)):
        rows = []
        for a in range(classes):
            for b in set(range(classes)) - {a}:
                distance = scale * (1.0 + 0.2 * np.sin(a * b))
                facts = {"first_class": a, "first_name": str(a), "second_class": b, "second_name": str(b)}
                expected = 0.5 * np.exp(-0.6 * distance)
                facts |= {"distance": distance, "expected_posterior": expected, "sampled_posterior": expected + 1e-3}
                rows.append(facts | {"sampled_standard_error": 1e-3, "samples": 2000, "num_images": 4, "draws": 4})
        found.append(table(rows, "ib_inn").assign(model=model))
    return pd.concat(found, ignore_index=True)


def maps() -> tuple[pd.DataFrame, Split]:
    """tables/heatmaps.parquet of three families and three images; the score model has no salience. And the images."""
    test = splits()[0].take(np.arange(0, 24, 8))
    found = []
    for kind, side in (("score", 8), ("gaussian", 8), ("ib_inn", 2)):
        rows = []
        for image, label in zip(test.index, test.labels, strict=True):
            facts = {"index": image, "label": label, "label_name": str(label), "rival": 9, "rival_name": "9"}
            facts |= {"contrast": 1.0, "num_images": 3, "draws": 4, "standard_error_nats": 0.2}
            for name, one in (("gap", -1), ("posterior", label), ("posterior", 9), ("salience", -1)):
                if (kind, name) == ("score", "salience"):
                    continue
                size = 8 if name == "salience" else side
                values = np.sin(np.add.outer(np.arange(size), int(image) * np.arange(size))) + 0.1 * one
                named = facts | {"map": name, "class": one, "total_nats": values.sum(), "height": size, "width": size}
                for (row, column), value in np.ndenumerate(values):
                    rows.append(named | {"row": row, "column": column, "value_nats": value})
        found.append(table(rows, kind))
    return pd.concat(found, ignore_index=True), test


INPUTS = {
    "fig1_tradeoff": lambda: (metrics(), quoted()),
    "fig2_interpolation": lambda: (interpolation(),),
    "fig3_convergence": lambda: (convergence(),),
    "fig4_corruptions": lambda: (corruptions(),),
    "samples": splits,
    "loss_curve": lambda: (loss(),),
    "grid": grids,
    "confusion_matrix": lambda: (confusion(),),
    "reliability_diagram": lambda: (reliability(),),
    "adversarial": lambda: (adversarial(),),
    "detected_attacks": lambda: (detections(),),
    "trajectories": lambda: (trajectories(),),
    "transfers": lambda: (transfers(),),
    "attacked_images": lambda: (attacked(),),
    "contact_sheet": lambda: (sheet(),),
    "lowpass": lambda: (corruptions(), spectra()),
    "wrong_labels": labels,
    "interpolated_classes": interpolated,
    "counterexample": lambda: (annuli(),),
    "beta_tradeoff": betas,
    "roc_curves": outliers,
    "decision_space": lambda: (decisions(),),
    "class_similarity": lambda: (similarities(),),
    "heatmaps": maps,
}
