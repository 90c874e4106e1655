from setuptools import find_packages, setup

PACKAGE = "deepracer_core"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["py.typed"], PACKAGE: ["data/*.yaml", "reward/examples/*.py"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/config", [f"{PACKAGE}/data/vehicle.yaml"]),  # read by the xacro
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The DeepRacer stack maintainers",
    maintainer_email="maintainers@example.com",
    description="What training, evaluation and the car agree on, free of ROS.",
    license="Apache-2.0",
    entry_points={"console_scripts": []},
)
