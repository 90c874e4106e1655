"""Names and namespaces of nodes."""

from __future__ import annotations

import re

_MAX_NAME = 255  # characters, the limit of rmw
_MAX_NAMESPACE = 245
_TOKEN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)


def prefix_namespace(base: str | None, namespace: str | None) -> str | None:
    """Return `namespace` below `base` unless it is absolute; None where both are None."""
    if base is None and namespace is None:
        return None
    if namespace is None:
        joined = base or ""
    elif not base or namespace.startswith("/"):
        joined = namespace
    else:
        joined = f"{'' if base == '/' else base}/{namespace}"
    return joined if joined == "/" else joined.rstrip("/")


def make_absolute(namespace: str | None) -> str | None:
    """Return `namespace` with a leading slash; None stays None."""
    if namespace is None or namespace.startswith("/"):
        return namespace
    return f"/{namespace}"


def validate_node_name(name: str) -> None:
    """Check the rules for the names of nodes.

    Raises:
        ValueError: `name` breaks them.
    """
    if len(name) > _MAX_NAME or _TOKEN.fullmatch(name) is None:
        raise ValueError(
            f"Invalid node name: '{name}' must consist of letters, digits and '_', "
            f"not start with a digit, and have at most {_MAX_NAME} characters"
        )


def validate_namespace(namespace: str) -> None:
    """Check the rules for absolute namespaces.

    Raises:
        ValueError: `namespace` breaks them.
    """
    tokens = namespace[1:].split("/") if namespace != "/" else []
    valid = namespace.startswith("/") and all(_TOKEN.fullmatch(token) for token in tokens)
    if not valid or len(namespace) > _MAX_NAMESPACE:
        raise ValueError(
            f"Invalid namespace: '{namespace}' must be '/' or consist of '/name' parts of letters, "
            f"digits and '_' that do not start with a digit, at most {_MAX_NAMESPACE} characters"
        )
