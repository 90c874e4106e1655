"""The car's package loads on a vehicle: no trainer, no simulator, no graphics."""

import subprocess
import sys

PROBE = """
import pkgutil, sys, deepracer_car
for module in pkgutil.walk_packages(deepracer_car.__path__, "deepracer_car."):
    __import__(module.name)
heavy = {"torch", "mujoco", "gymnasium", "matplotlib", "deepracer_sim"} & set(sys.modules)
sys.exit(f"deepracer_car imports {sorted(heavy)}" if heavy else 0)
"""


def test_no_module_of_the_car_loads_what_a_vehicle_lacks():
    done = subprocess.run(
        [sys.executable, "-c", PROBE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
