#!/usr/bin/env bash
# From a bare machine to a built workspace; run again, it only does what is missing.
#
#   ./bootstrap.sh            install what is missing and build
#   ./bootstrap.sh --car      without what only simulation and training need
#   ./bootstrap.sh --dev      also what the tests and the quality gates need
#
# Where ROS 2 is installed it is used. Elsewhere ROS 2 comes from PyPI wheels into .venv, and the
# packages of deepracer_ws/fallback stand in for the parts of ROS 2 that no wheel provides.
set -euo pipefail

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VENV=$ROOT/.venv
FREE_DISK_MB=8000 # torch may bring 4 GB of libraries for GPUs
FALLBACKS=(ackermann_msgs cv_bridge launch launch_ros robot_state_publisher ros2cli ros_gz_interfaces
  tf2_msgs)
# Import name of each library in requirements/: on stock ROS 2 the distribution's are kept.
declare -A MODULES=([av]=av [numpy]=numpy [onnx]=onnx [onnxruntime]=onnxruntime
  [opencv-python-headless]=cv2 [PyYAML]=yaml [scipy]=scipy [shapely]=shapely
  [gymnasium]=gymnasium [mujoco]=mujoco [numba]=numba [matplotlib]=matplotlib
  [rosbags]=rosbags [safetensors]=safetensors [smbus2]=smbus2 [tensorboard]=tensorboard [torch]=torch)

say() { printf '\033[1m[bootstrap]\033[0m %s\n' "$*"; }
fail() {
  printf '[bootstrap] ERROR: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '            %s\n' "$line" >&2; done
  exit 1
}

parse_arguments() {
  DEV=false
  LIBRARIES=(runtime.txt simulation.txt training.txt)
  for argument in "$@"; do
    case $argument in
      --car) LIBRARIES=(runtime.txt) FREE_DISK_MB=2000 ;;
      --dev) DEV=true ;;
      -h | --help) sed -n '2,9s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"; exit 0 ;;
      *) fail "unknown argument '$argument'" "Usage: ./bootstrap.sh [--car] [--dev]" ;;
    esac
  done
}

# Prints the prefix of an installed ROS 2, sourced or under /opt/ros; nothing where there is none.
# Ours never counts as one: .venv has rclpy without launch_ros, install has launch_ros without rclpy.
stock_ros_prefix() {
  local prefix
  while IFS= read -r prefix; do
    if has_package "$prefix" launch_ros && has_package "$prefix" rclpy; then
      echo "$prefix"; return
    fi
  done < <(tr ':' '\n' <<<"${AMENT_PREFIX_PATH:-}")
  for prefix in /opt/ros/"${ROS_DISTRO:-}" /opt/ros/lyrical /opt/ros/kilted /opt/ros/jazzy; do
    if [ -f "$prefix/setup.bash" ]; then echo "$prefix"; return; fi
  done
}

# The names of distributions go through the alphabet.
check_distribution() {
  [[ ! ${ROS_DISTRO:-rolling} < jazzy ]] || fail "ROS 2 $ROS_DISTRO is too old: Jazzy or newer is needed" \
    "Install a newer one, or run this in a shell that has not sourced it."
}

has_package() { [ -n "$1" ] && [ -f "$1/share/$2/package.xml" ]; }

check_path() {
  local special='[][[:space:]"'"'"'\$`&;|<>()*?{}!#:]'
  [[ ! $ROOT =~ $special ]] || fail "colcon's setup files cannot stand this path: $ROOT" \
    "Move or clone the workspace to a folder whose path has no spaces or special characters."
}

check_disk() {
  local free
  free=$(df -Pm "$ROOT" | awk 'NR == 2 {print $4}')
  [ "$free" -ge "$FREE_DISK_MB" ] || fail "only $free MB free below $ROOT" \
    "The workspace needs $FREE_DISK_MB MB: make room, or clone into a larger file system."
}

check_architecture() {
  local machine
  machine=$(uname -m)
  [ "$machine" = x86_64 ] || fail "no ROS 2 wheels exist for $machine" \
    "Install ROS 2 (Jazzy or newer) from its own packages, source its setup.bash, and run this again."
}

# Prints the first usable Python; the wheels exist for CPython 3.10 to 3.13.
find_python() {
  local candidate
  while IFS= read -r candidate; do
    if "$candidate" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' \
      2>/dev/null; then
      echo "$candidate"; return
    fi
  done < <(type -ap python3 python3.12 python3.11 python3.13 python3.10)
  fail "no Python 3.10 to 3.13 found (python3 is $(python3 -V 2>&1 || true))" \
    "ROS 2 has wheels for these versions only. Install one, for example: apt-get install python3.12-full"
}

# Installs Debian packages where that is allowed, and prints the one command to run where it is not.
apt_install() {
  local sudo=()
  if [ "$(id -u)" != 0 ]; then
    if sudo -n true 2>/dev/null; then sudo=(sudo); else
      fail "missing on this machine: $*" "Run: sudo apt-get update && sudo apt-get install -y $*"
    fi
  fi
  command -v apt-get >/dev/null || fail "missing on this machine: $*" \
    "This is not Debian or Ubuntu: install what corresponds to these packages, and run this again."
  say "installing $* from the distribution"
  { "${sudo[@]}" apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
    "${sudo[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null; } ||
    fail "apt-get could not install $*" "Check the network and run: sudo apt-get install -y $*"
}

# No pipe: grep -q would end it early, and ldconfig's death by that would count as "not found".
has_library() { grep -q "$1 " <<<"$(PATH=$PATH:/sbin:/usr/sbin ldconfig -p 2>/dev/null)"; }

# Compiler and Python headers for the build, OpenGL without a screen for the cameras of mujoco.
install_system_packages() {
  local python=$1 missing=()
  command -v g++ >/dev/null || missing+=(g++)
  command -v make >/dev/null || missing+=(make)
  command -v cmake >/dev/null || missing+=(cmake)
  "$python" -c 'import ensurepip, venv' 2>/dev/null || missing+=(python3-venv)
  "$python" -c 'import pathlib, sys, sysconfig
sys.exit(not (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists())' || missing+=(python3-dev)
  has_library libEGL.so.1 || missing+=(libegl1)
  has_library libOpenGL.so.0 || missing+=(libopengl0)
  has_library libEGL_mesa.so.0 || missing+=(libegl-mesa0 libgl1-mesa-dri)
  [ ${#missing[@]} = 0 ] || apt_install "${missing[@]}"
}

# Tests use these where they are to be had, and skip what needs them where not: a parser of SDF, which
# judges Gazebo's worlds, and OSMesa, the second way to draw without a screen.
install_sdf_parser() {
  if ign sdf --versions >/dev/null 2>&1 || gz sdf --versions >/dev/null 2>&1; then return; fi
  (apt_install ignition-tools libsdformat-dev) 2>/dev/null ||
    say "no parser of SDF (ignition-tools, libsdformat-dev) to install: tests skip what needs it"
}

install_osmesa() {
  has_library libOSMesa.so.8 || (apt_install libosmesa6) 2>/dev/null ||
    say "no OSMesa (libosmesa6) to install: tests skip what needs it"
}

create_venv() {
  local python=$1
  shift
  if [ -d "$VENV" ] && ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
    say "the virtual environment is broken: making it anew"
    rm -rf "$VENV"
  fi
  [ -d "$VENV" ] || "$python" -m venv "$@" "$VENV" ||
    fail "$python could not make the virtual environment $VENV" "Its message stands above."
  touch "$VENV/COLCON_IGNORE"
}

run_pip() {
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --use-pep517 "$@" \
    2>"$VENV/pip.log" || {
    tail -n 5 "$VENV/pip.log" >&2
    fail "pip could not install the packages (whole output: $VENV/pip.log)" \
      "Is the network there, and the disk not full? Then run ./bootstrap.sh again: it goes on from here."
  }
}

# Prints pip's configuration as options of uv, which does not read it; one word a line.
uv_options() {
  "$VENV/bin/python" -m pip config list | "$VENV/bin/python" -c '
import ast, sys
names = {"index-url": "--default-index", "extra-index-url": "--index", "find-links": "--find-links",
         "constraint": "--constraint"}
for line in sys.stdin:
    key, _, value = line.strip().partition("=")
    if (option := names.get(key.rpartition(".")[2])) is not None:
        for word in ast.literal_eval(value).split():
            print(option, word, sep="\n")
'
}

# uv takes seconds where pip takes minutes; pip goes where it cannot.
run_uv() {
  local options
  mapfile -t options < <(uv_options)
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-input \
    -r "$ROOT/requirements/installer.txt" 2>"$VENV/uv.log" &&
    "$VENV/bin/uv" pip install --quiet --python "$VENV/bin/python" "${options[@]}" \
      --compile-bytecode --index-strategy unsafe-best-match "$@" 2>>"$VENV/uv.log"
}

# Installs requirement files, unless a finished earlier run did: it left their checksums in a stamp.
pip_install() {
  local stamp=$VENV/requirements.sha256 arguments=() file
  for file in "$@"; do arguments+=(-r "$ROOT/requirements/$file"); done
  if (cd "$ROOT/requirements" && [ "$(sha256sum "$@" | grep -cxFf "$stamp" 2>/dev/null)" = $# ]); then
    return
  fi
  say "installing Python packages into .venv ($*)"
  run_uv "${arguments[@]}" || run_pip "${arguments[@]}"
  (cd "$ROOT/requirements" && sha256sum "$@") >"$stamp"
}

# Makes the virtual environment a prefix that colcon chains: install/setup.bash then sources it.
write_venv_setup() {
  local libs
  libs=$(printf ':%s' "$VENV/lib" "$VENV"/lib/python3.*/site-packages/ros_*.libs)
  cat >"$VENV/local_setup.sh.new" <<SETUP
export VIRTUAL_ENV="$VENV"
export ROS_DISTRO=kilted ROS_VERSION=2 ROS_PYTHON_VERSION=3
case ":\$PATH:" in *":$VENV/bin:"*) ;; *) export PATH="$VENV/bin:\$PATH" ;; esac
case ":\${AMENT_PREFIX_PATH:-}:" in
  *":$VENV:"*) ;;
  *) export AMENT_PREFIX_PATH="$VENV\${AMENT_PREFIX_PATH:+:\$AMENT_PREFIX_PATH}" ;;
esac
# The wheels would otherwise restart each Python once to set the library path (30 ms).
case ":\${LD_LIBRARY_PATH:-}:" in
  *"$libs:"*) ;;
  *) export LD_LIBRARY_PATH="${libs#:}\${LD_LIBRARY_PATH:+:\$LD_LIBRARY_PATH}" ;;
esac
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
SETUP
  mv "$VENV/local_setup.sh.new" "$VENV/local_setup.sh"
  tee "$VENV/local_setup.bash" >"$VENV/local_setup.zsh" <<SETUP
. "$VENV/local_setup.sh"
_completion="$ROOT/install/share/ros2cli/environment/ros2-argcomplete.bash"
case \$- in *i*) if [ -f "\$_completion" ]; then . "\$_completion"; fi ;; esac
unset _completion
SETUP
}

prepare_bare_machine() {
  local python requirements=(ros2.txt "${LIBRARIES[@]}")
  # What another workspace exported must not end up in the setup files of this one.
  unset AMENT_PREFIX_PATH CMAKE_PREFIX_PATH COLCON_PREFIX_PATH LD_LIBRARY_PATH PYTHONPATH
  unset _ROS_WHEELS_BOOTSTRAP_COMPLETE
  check_architecture
  python=$(find_python)
  install_system_packages "$python"
  create_venv "$python"
  if $DEV; then requirements+=(dev.txt); fi
  pip_install "${requirements[@]}"
  write_venv_setup
  # shellcheck disable=SC1091
  . "$VENV/local_setup.sh"
}

# On stock ROS 2 the distribution's libraries are used; .venv only adds those that it does not package.
prepare_stock_ros() {
  local prefix=$1
  say "using ROS 2 in $prefix"
  if [ -f "$prefix/setup.bash" ]; then
    set +u
    # shellcheck disable=SC1091
    . "$prefix/setup.bash"
    set -u
  fi
  check_distribution
  python3 -c 'import colcon_core' 2>/dev/null || apt_install python3-colcon-common-extensions
  has_package "$prefix" xacro || python3 -c 'import xacro' 2>/dev/null ||
    apt_install "ros-$ROS_DISTRO-xacro"
  # OpenCV's wheels want another numpy than the one that the distribution's packages are built against.
  python3 -c 'import cv2' 2>/dev/null || apt_install python3-opencv
  install_system_packages python3
  create_venv python3 --system-site-packages
  install_missing_modules
  if $DEV; then pip_install dev.txt; fi
  # colcon must run in .venv, so that the nodes it installs start with .venv's Python.
  PATH=$VENV/bin:$PATH
}

install_missing_modules() {
  local line name
  while IFS= read -r line; do
    name=${line%%==*}
    "$VENV/bin/python" -c "import ${MODULES[$name]}" 2>/dev/null || echo "$line"
  done < <(cd "$ROOT/requirements" && grep -hv '^#' "${LIBRARIES[@]}") >"$VENV/missing.txt"
  [ -s "$VENV/missing.txt" ] || return 0
  say "not in the distribution, hence into .venv: $(cut -d= -f1 "$VENV/missing.txt" | sort -u | xargs)"
  # The distribution's numpy stays where there is one: its compiled packages are built against it.
  "$VENV/bin/python" -c 'import numpy; print(f"numpy=={numpy.__version__}")' \
    >"$VENV/constraints.txt" 2>/dev/null || true
  run_pip -r "$VENV/missing.txt" -c "$VENV/constraints.txt"
}

# An installed ros2 runs on the system's Python, also what launch files import: let it see .venv.
let_launch_see_venv() {
  local packages hook=$ROOT/install/share/deepracer_core/package.dsv
  packages=$("$VENV/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
  grep -qF "$packages" "$hook" || printf 'prepend-non-duplicate;PYTHONPATH;%s\n' "$packages" >>"$hook"
}

# colcon's setup.bash finds itself in bash only: let it hand over to setup.zsh where zsh reads it.
let_zsh_read_setup_bash() {
  # shellcheck disable=SC2016
  grep -q ZSH_VERSION "$ROOT/install/setup.bash" || sed -i \
    '1i if [ -n "${ZSH_VERSION:-}" ]; then . "$(dirname "$0")/setup.zsh"; return; fi' \
    "$ROOT/install/setup.bash"
}

# Prints the fallback packages whose stock counterpart is absent.
missing_fallbacks() {
  local package prefix
  for package in "${FALLBACKS[@]}"; do
    while IFS= read -r prefix; do
      case $prefix in "$ROOT"/install*) continue ;; esac
      if has_package "$prefix" "$package"; then continue 2; fi
    done < <(tr ':' '\n' <<<"${AMENT_PREFIX_PATH:-}")
    echo "$package"
  done
}

build_workspace() {
  local log=$ROOT/log/bootstrap.log paths=("$ROOT" "$ROOT/deepracer_ws/src") package
  for package in $(missing_fallbacks); do paths+=("$ROOT/deepracer_ws/fallback/$package"); done
  mkdir -p "$ROOT/log"
  touch "$ROOT/log/COLCON_IGNORE"
  say "building the workspace"
  (cd "$ROOT" && python -m colcon build --base-paths "${paths[@]}" \
    --event-handlers console_direct- console_cohesion- status- \
    --cmake-args -DBUILD_TESTING=OFF "-DWITHOUT_CPP=$FROM_WHEELS" --no-warn-unused-cli) >"$log" 2>&1 || {
    tail -n 40 "$log" >&2
    fail "colcon build failed (whole output: $log)" \
      "After an interrupted or older build: rm -rf build install log, and run ./bootstrap.sh again."
  }
}

main() {
  local stock
  parse_arguments "$@"
  check_path
  [ -d "$VENV" ] || check_disk # what a finished run has installed needs no more room
  stock=$(stock_ros_prefix)
  if [ -n "$stock" ]; then
    FROM_WHEELS=OFF
    prepare_stock_ros "$stock"
  else
    FROM_WHEELS=ON
    prepare_bare_machine
  fi
  if $DEV; then install_sdf_parser && install_osmesa; fi
  build_workspace
  if [ -n "$stock" ]; then let_launch_see_venv; fi
  let_zsh_read_setup_bash
  say "done. In each new shell: . install/setup.bash"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then main "$@"; fi
