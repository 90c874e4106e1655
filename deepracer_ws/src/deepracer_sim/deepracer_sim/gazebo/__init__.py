"""gz-sim as an engine: world and car as SDF, and what talks to the server."""
