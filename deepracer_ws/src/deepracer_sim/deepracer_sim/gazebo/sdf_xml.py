"""Writes SDF: elements, numbers and poses, always in the same way for the same content."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable

SDF_VERSION = "1.9"
"""Harmonic, Ionic and Jetty read it, and so does Debian's `ign sdf`."""


def element(tag: str, *content: ET.Element | str | float, **attributes: str) -> ET.Element:
    """An element with a text, or with children in this order."""
    made = ET.Element(tag, attributes)
    for part in content:
        if isinstance(part, ET.Element):
            made.append(part)
        else:
            made.text = part if isinstance(part, str) else number(part)
    return made


def number(value: float) -> str:
    """A number with ten digits, enough for nanometres on any track; never a negative zero."""
    return f"{value + 0.0:.10g}"


def numbers(values: Iterable[float]) -> str:
    """Numbers with spaces between."""
    return " ".join(number(float(value)) for value in values)


def document(content: ET.Element) -> str:
    """A whole SDF file around one model or world."""
    root = element("sdf", content, version=SDF_VERSION)
    ET.indent(root)
    return f'<?xml version="1.0"?>\n{ET.tostring(root, encoding="unicode")}\n'
