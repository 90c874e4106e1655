from setuptools import find_packages, setup

PACKAGE = "deepracer_sim"

setup(
    name=PACKAGE,
    version="0.1.0",
    packages=find_packages(exclude=["test"]),
    package_data={"": ["py.typed"], PACKAGE: ["data/*.yaml"]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        (f"share/{PACKAGE}/config", ["config/gazebo_bridge.yaml"]),
        (
            f"share/{PACKAGE}/launch",
            ["launch/evaluate.launch.py", "launch/simulate.launch.py", "launch/train.launch.py"],
        ),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The DeepRacer stack maintainers",
    maintainer_email="maintainers@example.com",
    description="Worlds, simulators, reward node, training and evaluation.",
    license="Apache-2.0",
    entry_points={
        "console_scripts": [
            "build_world = deepracer_sim.cli.build_world:main",
            "contact_sheet = deepracer_sim.contact_sheet:main",
            "episode_runner = deepracer_sim.entries:episode_runner",
            "export_model = deepracer_drive.model_transfer:main_export",
            "import_model = deepracer_drive.model_transfer:main_import",
            "gazebo_stepper = deepracer_sim.entries:gazebo_stepper",
            "evaluator = deepracer_sim.entries:evaluator",
            "import_route = deepracer_sim.cli.import_route:main",
            "parked_car = deepracer_sim.entries:parked_car",
            "plot_evaluation = deepracer_sim.cli.plot_evaluation:main",
            "replay = deepracer_sim.cli.replay:main",
            "reward_node = deepracer_sim.entries:reward_node",
            "saliency = deepracer_sim.cli.saliency:main",
            "simulator = deepracer_sim.entries:simulator",
            "track_publisher = deepracer_sim.entries:track_publisher",
            "trainer = deepracer_sim.entries:trainer",
            "validate_reward = deepracer_sim.cli.validate_reward:main",
        ]
    },
)
