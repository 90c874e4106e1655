#!/usr/bin/env bash
# mypy --strict (configured in pyproject.toml) on all our packages.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
packages=()
path=
for folder in deepracer_ws/src/*/ deepracer_ws/fallback/*/; do
  package=$(basename "$folder")
  # Interface packages hold no Python.
  if [ ! -f "$folder/$package/__init__.py" ]; then continue; fi
  packages+=("$package")
  path+="$folder:"
done
MYPYPATH=$path exec .venv/bin/python -m mypy "${packages[@]/#/--package=}" "$@"
