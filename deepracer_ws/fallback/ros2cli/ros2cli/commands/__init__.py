"""A module per group of verbs: ``add_<verb>_arguments(parser)``, ``run_<verb>(args)``."""
