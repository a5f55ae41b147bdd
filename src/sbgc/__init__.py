"""Score-based generative classifiers (Zimmermann et al. 2021), reproduced."""

import os

__version__ = "0.1.0"

# jaxlib 0.10.2 and 0.11.0 hand reductions on the CPU to a library with their inputs' arithmetic fused in, and get some
# silently wrong: sum(expm1(-x) * expm1(-2 x)) over 8192 numbers by a quarter (jax-ml/jax issues 39103 and 39257).
# XLA reads this when it compiles its first program, hence here.
_FUSION = "--xla_cpu_experimental_ynn_fusion_type"
if _FUSION not in os.environ.get("XLA_FLAGS", ""):
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {_FUSION}=".strip()
