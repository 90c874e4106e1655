#!/usr/bin/env bash
# Runs the tests of every package and the whole-graph tests; installs what they need first.
#
#   ./run_tests.sh                          everything
#   ./run_tests.sh deepracer_core launch    these packages (deepracer: the whole-graph tests)
#   JOBS=1 ./run_tests.sh                   one test file at a time; by default two, beside each other
#
# Ends with one line per package, and is non-zero if any of them failed.
set -uo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$ROOT" || exit 1
# A test file is not split: its tests share graphs that they launched.
JOBS=${JOBS:-2}
LIMIT=1800 # [s] for a package

# Prints the folder that holds the tests of a package.
test_folder() {
  local folder
  if [ "$1" = deepracer ]; then echo tests; return; fi
  for folder in "deepracer_ws/src/$1/test" "deepracer_ws/fallback/$1/test"; do
    if [ -d "$folder" ]; then echo "$folder"; return; fi
  done
  echo "no package '$1' with tests; there are: $(all_packages | tr '\n' ' ')" >&2
  return 1
}

# Every package with tests that is built on this machine: fallbacks only where they stand in.
all_packages() {
  local folder package
  for folder in deepracer_ws/src/*/test deepracer_ws/fallback/*/test; do
    package=$(basename "$(dirname "$folder")")
    case $folder in
      deepracer_ws/src/*) echo "$package" ;;
      *) if [ -e "install/share/$package/package.xml" ]; then echo "$package"; fi ;;
    esac
  done
  echo deepracer
}

run_package() {
  local package=$1 folder log status
  folder=$(test_folder "$package") || return 1
  log=$(mktemp)
  printf '\n== %s\n' "$package"
  if [ "$package" = deepracer ]; then
    .venv/bin/python tools/run_test_files.py --jobs "$JOBS" "$folder"/test_*.py
  else
    # A test that fails is tried once more, and counted as rerun.
    timeout --kill-after=30 "$LIMIT" .venv/bin/python -m pytest -q -n "$JOBS" --dist loadfile \
      --reruns 1 --durations 8 "$folder"
  fi 2>&1 | tee "$log"
  status=${PIPESTATUS[0]}
  SUMMARY+=("$(printf '%-24s %s' "$package" "$(tail -n 1 "$log")")")
  rm -f "$log"
  return "$status"
}

main() {
  local packages package failed=0
  # Hundreds of processes start from the same sources: Python shall compile them once.
  unset PYTHONDONTWRITEBYTECODE
  ./bootstrap.sh --dev || exit 1
  set +u
  # shellcheck disable=SC1091
  . install/setup.bash
  set -u
  if [ $# -gt 0 ]; then packages=("$@"); else mapfile -t packages < <(all_packages); fi
  SUMMARY=()
  for package in "${packages[@]}"; do run_package "$package" || failed=1; done
  printf '\n== summary\n'
  printf '%s\n' "${SUMMARY[@]}"
  exit "$failed"
}

main "$@"
