"""The race track: route files, definitions and vectorised geometry queries."""
