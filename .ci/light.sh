#!/usr/bin/env bash
# Light to install: new virtual environments without torch, how large they are, how fast they answer, and what is said where something heavier is needed.
#   .ci/light.sh            the base and the smallest door, held to their limits; commands and notebooks run as tests
#   .ci/light.sh --table    each choice measured, one after the other, into .ci/sizes.md, of which .ci/readme.py makes the README's table (some 14 GB, minutes)
#   .ci/light.sh --oldest   the base with the oldest versions that settings.ini promises, by uv
# PYTHON names another Python than python3.
set -euo pipefail
cd "$(dirname "$0")/.."
scratch=$(mktemp -d); trap 'rm -rf "$scratch"' EXIT
export CHESTXRAY_CACHE="$scratch/cache" MPLBACKEND=agg PYTHONUNBUFFERED=1
unset PYTHONPATH
"${PYTHON:-python3}" .ci/light.py "$scratch" "$@"
