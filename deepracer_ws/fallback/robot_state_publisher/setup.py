from setuptools import find_packages, setup

PACKAGE = "robot_state_publisher"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["py.typed"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The DeepRacer stack maintainers",
    maintainer_email="maintainers@example.com",
    description="A robot's joint states as tf, where ROS 2 does not provide robot_state_publisher.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": ["robot_state_publisher = robot_state_publisher.node:main"],
    },
)
