from pathlib import Path

from setuptools import setup

PACKAGE = "deepracer"


def asset_files(*folders: str) -> list[tuple[str, list[str]]]:
    """Every file below the folders, mapped to the same place under share/deepracer."""
    files: dict[str, list[str]] = {}
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                files.setdefault(f"share/{PACKAGE}/{path.parent}", []).append(str(path))
    return list(files.items())


setup(
    name=PACKAGE,
    version="0.1.0",
    # Assets only: a Python module of this name would hide that of the package deepracer-utils.
    packages=[],
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{PACKAGE}"]),
        (f"share/{PACKAGE}", ["package.xml"]),
        *asset_files("launch", "models", "rviz", "urdf", "worlds"),
    ],
    install_requires=["setuptools"],
    zip_safe=False,
    maintainer="The DeepRacer stack maintainers",
    maintainer_email="maintainers@example.com",
    description="Assets, display and whole-graph tests of the open DeepRacer stack.",
    license="Apache-2.0",
    entry_points={"console_scripts": ["snapshot = deepracer_sim.cli.snapshot:main"]},
)
