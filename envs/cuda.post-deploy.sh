#!/usr/bin/env bash
# In the activated environment and from the repository's root: the pinned, hashed packages, then this one.
set -euo pipefail
python -m pip install --quiet --no-deps --require-hashes -r envs/cuda.txt
python -m pip install --quiet --no-deps --no-build-isolation --editable .
