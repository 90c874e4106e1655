"""The engine made for training speed: a flat world, single-track cars, an exact renderer.

Numba compiles it at the first step and the first picture, and keeps the result: in `__pycache__`
beside the sources, or where these are read-only, in the user's cache folder (~/.cache/numba on
Linux), or in $NUMBA_CACHE_DIR if that is set.
"""
