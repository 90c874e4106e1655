"""Stands in for gz.msgs10: the fields that are used, with the defaults of protobuf."""
