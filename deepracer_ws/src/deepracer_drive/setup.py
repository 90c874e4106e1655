from setuptools import find_packages, setup

PACKAGE = "deepracer_drive"

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
    description="Nodes that are the same in simulation and on the car.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "command_gate = deepracer_drive.entries:command_gate",
            "export_model = deepracer_drive.model_transfer:main_export",
            "import_model = deepracer_drive.model_transfer:main_import",
            "inference = deepracer_drive.entries:inference",
            "joy_teleop = deepracer_drive.entries:joy_teleop",
            "keyboard_teleop = deepracer_drive.entries:keyboard_teleop",
        ]
    },
)
