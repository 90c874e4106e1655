from setuptools import find_packages, setup

PACKAGE = "ros2cli"

# No setup.cfg with install_scripts here: `ros2` has to land in <prefix>/bin, on the PATH.
setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/environment", ["completion/ros2-argcomplete.bash"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The DeepRacer stack maintainers",
    maintainer_email="maintainers@example.com",
    description="The part of the ros2 command line that this project needs.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["ros2 = ros2cli.cli:main"]},
)
