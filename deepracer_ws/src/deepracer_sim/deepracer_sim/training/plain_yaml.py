"""YAML as people write it: `1e-4` is a number, which YAML 1.1, and so PyYAML, takes for text."""

from __future__ import annotations

import re
from typing import Any

import yaml

_FLOAT = "tag:yaml.org,2002:float"
_EXPONENT_WITHOUT_POINT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$")


class _Loader(yaml.SafeLoader):
    pass


class _Dumper(yaml.SafeDumper):
    pass


for _kind in (_Loader, _Dumper):  # who writes must know which texts need quotes
    _kind.add_implicit_resolver(_FLOAT, _EXPONENT_WITHOUT_POINT, list("-+0123456789"))


def load(text: str) -> Any:
    """The value of a document; raises yaml.YAMLError if it is none."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 it is a SafeLoader


def dump(value: Any) -> str:
    """The document from which `load` makes an equal value, names in the given order."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text
