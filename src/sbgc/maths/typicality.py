"""The two-sided typicality test (Nalisnick et al. 2019; Mackowiak et al. 2021, section 3.3) as a hypothesis test."""

import numpy as np
from jaxtyping import Float


def p_values(
    log_prob: Float[np.ndarray, " images"], reference: Float[np.ndarray, " references"]
) -> Float[np.ndarray, " images"]:
    """How often an image like those of the reference has a log p(x) at least as far from their mean, to either side.

    It counts the image itself, as permutation tests do, so that no p-value is below 1 / (references + 1).
    """
    center = reference.mean()
    far = np.sort(np.abs(reference - center))
    beyond = len(far) - np.searchsorted(far, np.abs(log_prob - center), side="left")
    return (1.0 + beyond) / (1.0 + len(far))
