"""From what launch files write to text: normalise, check, perform."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from launch._missing import missing_names
from launch.some_substitutions_type import SomeSubstitutionsType
from launch.substitution import Substitution, TextSubstitution

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext

__all__ = ["ensure_argument_type", "normalize_to_list_of_substitutions", "perform_substitutions"]

__getattr__ = missing_names(
    __name__,
    [
        "AsyncSafeSignalManager",
        "class_tools_impl",
        "create_future",
        "get_signal_name",
        "install_signal_handlers",
        "is_a",
        "is_a_subclass",
        "isclassinstance",
        "normalize_to_list_of_entities",
        "on_sigint",
        "on_sigquit",
        "on_sigterm",
        "visit_all_entities_and_collect_futures",
    ],
)


def ensure_argument_type(
    argument: Any,
    types: type | Iterable[type],
    argument_name: str,
    caller: str | None = None,
) -> None:
    """Check that `argument` is an instance of one of `types`.

    Raises:
        TypeError: It is not; the message names the argument, its type and the `caller`.
    """
    accepted = (types,) if isinstance(types, type) else tuple(types)
    if not isinstance(argument, accepted):
        expected = "Expected" if caller is None else f"'{caller}' expected"
        names = ", ".join(str(kind) for kind in accepted)
        raise TypeError(
            f"{expected} '{argument_name}' to be one of [{names}], "
            f"but got '{argument}' of type '{type(argument)}'"
        )


def normalize_to_list_of_substitutions(subs: SomeSubstitutionsType) -> list[Substitution]:
    """Return `subs`, which is text, a substitution or several of both, as substitutions.

    Raises:
        TypeError: `subs` holds something that is neither text nor a substitution.
    """
    if isinstance(subs, (str, Substitution)):
        return [_normalize(subs)]
    return [_normalize(item) for item in subs]


def _normalize(item: str | Substitution) -> Substitution:
    if isinstance(item, Substitution):
        return item
    if isinstance(item, str):
        return TextSubstitution(text=item)
    raise TypeError(
        f"Failed to normalize given item of type '{type(item)}', when only 'str' or "
        "'launch.Substitution' were expected."
    )


def perform_substitutions(context: LaunchContext, subs: Iterable[Substitution]) -> str:
    """Perform `subs` in `context` and return their concatenated text."""
    return "".join(context.perform_substitution(sub) for sub in subs)
