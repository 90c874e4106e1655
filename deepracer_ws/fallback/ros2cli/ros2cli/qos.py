"""Quality of service: from options, and to match the publishers that are there."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rclpy.duration import Duration
from rclpy.qos import (
    QoSDurabilityPolicy,
    QoSHistoryPolicy,
    QoSLivelinessPolicy,
    QoSPresetProfiles,
    QoSProfile,
    QoSReliabilityPolicy,
)
from rclpy.topic_endpoint_info import TopicEndpointInfo

# Options of `add_qos_arguments` that override one policy of the profile.
_POLICIES = {
    "history": QoSHistoryPolicy,
    "reliability": QoSReliabilityPolicy,
    "durability": QoSDurabilityPolicy,
    "liveliness": QoSLivelinessPolicy,
}


def add_qos_arguments(parser: argparse.ArgumentParser, entity: str, default: str) -> None:
    """The ``--qos-*`` options.

    Args:
        parser: the parser of the verb.
        entity: what gets the profile, for the help texts.
        default: short key of the profile that the other options start from.
    """
    parser.add_argument(
        "--qos-profile",
        choices=QoSPresetProfiles.short_keys(),
        help=f"Quality of service preset profile to {entity} with (default: {default})",
    )
    parser.add_argument(
        "--qos-depth", metavar="N", type=int, help=f"Queue size setting to {entity} with"
    )
    for policy, values in _POLICIES.items():
        parser.add_argument(
            f"--qos-{policy}",
            choices=values.short_keys(),
            help=f"Quality of service {policy} setting to {entity} with",
        )
    parser.add_argument(
        "--qos-liveliness-lease-duration-seconds",
        metavar="S",
        type=float,
        help=f"Quality of service liveliness lease duration setting to {entity} with",
    )
    parser.set_defaults(qos_default=default)


def is_given(args: argparse.Namespace) -> bool:
    """Whether any ``--qos-*`` option was used."""
    names = ["profile", "depth", "liveliness_lease_duration_seconds", *_POLICIES]
    return any(getattr(args, f"qos_{name}") is not None for name in names)


def from_options(args: argparse.Namespace) -> QoSProfile:
    """The profile that the ``--qos-*`` options describe."""
    preset = QoSPresetProfiles.get_from_short_key(args.qos_profile or args.qos_default)
    profile = _copy(preset)
    for policy, values in _POLICIES.items():
        if (value := getattr(args, f"qos_{policy}")) is not None:
            setattr(profile, policy, values.get_from_short_key(value))
    if args.qos_depth is not None:
        profile.depth = args.qos_depth
    if (seconds := args.qos_liveliness_lease_duration_seconds) is not None:
        profile.liveliness_lease_duration = Duration(seconds=seconds)
    return profile


def _copy(profile: QoSProfile) -> QoSProfile:
    return QoSProfile(**{name.lstrip("_"): getattr(profile, name) for name in profile.__slots__})


def for_subscription(
    args: argparse.Namespace, topic: str, publishers: Sequence[TopicEndpointInfo]
) -> QoSProfile:
    """The profile of the options, or without any one that hears every publisher of the topic."""
    profile = from_options(args)
    if is_given(args) or not publishers:
        return profile
    for warning in match_publishers(profile, topic, publishers):
        print(warning)
    return profile


def match_publishers(
    profile: QoSProfile, topic: str, publishers: Sequence[TopicEndpointInfo]
) -> list[str]:
    """Ask for as much reliability and durability as all publishers offer, so that none is refused.

    Args:
        profile: set in place.
        topic: its name, for the warnings.
        publishers: one or more.

    Returns:
        A warning for each policy in which the publishers differ.
    """
    warnings = []
    for policy, strong, weak in (
        ("reliability", QoSReliabilityPolicy.RELIABLE, QoSReliabilityPolicy.BEST_EFFORT),
        ("durability", QoSDurabilityPolicy.TRANSIENT_LOCAL, QoSDurabilityPolicy.VOLATILE),
    ):
        offered = [getattr(info.qos_profile, policy) == strong for info in publishers]
        setattr(profile, policy, strong if all(offered) else weak)
        if any(offered) and not all(offered):
            warnings.append(
                f"Some, but not all, publishers on topic '{topic}' are offering {strong.name} "
                f"{policy}. Falling back to {weak.name} as it will connect to all publishers"
            )
    return warnings
