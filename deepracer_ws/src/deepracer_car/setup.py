from setuptools import find_packages, setup

PACKAGE = "deepracer_car"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["py.typed", "service_files/*"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/launch", ["launch/calibrate.launch.py", "launch/drive.launch.py"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The DeepRacer stack maintainers",
    maintainer_email="maintainers@example.com",
    description="The vehicle.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "calibrate = deepracer_car.calibrate:main",
            "camera = deepracer_car.entries:camera",
            "car = deepracer_car.car:main",
            "doctor = deepracer_car.doctor:main",
            "guard = deepracer_car.guard:main",
            "install_service = deepracer_car.install_service:main",
            "neutral = deepracer_car.neutral:main",
            "servo = deepracer_car.entries:servo",
        ]
    },
)
