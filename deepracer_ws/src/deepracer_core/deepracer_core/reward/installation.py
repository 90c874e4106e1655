"""The Python installation as a reward child sees it: what it imports from and may read."""

from __future__ import annotations

import importlib.util
import sysconfig
from pathlib import Path

LIBRARIES = ("numpy", "scipy", "shapely")
"""Libraries that reward functions may use, besides the standard library."""

# Shared libraries, and the cache in which the dynamic loader looks them up.
_SYSTEM_PATHS = ("/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/etc/ld.so.cache")


def library_folders() -> list[Path]:
    """The folders that hold the libraries (site-packages), each once; none for a missing one."""
    specs = filter(None, map(importlib.util.find_spec, LIBRARIES))
    folders = [Path(spec.origin).parent.parent for spec in specs if spec.origin]
    return list(dict.fromkeys(folders))


def readable_paths() -> list[Path]:
    """Files and folders of the installation: standard library, shared libraries, libraries."""
    standard = Path(sysconfig.get_path("stdlib")).parent
    return [standard, *library_folders(), *map(Path, _SYSTEM_PATHS)]
