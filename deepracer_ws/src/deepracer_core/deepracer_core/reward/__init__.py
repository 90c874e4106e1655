"""Users' reward functions: read, adapted from either signature, validated, and run in a sandbox."""
