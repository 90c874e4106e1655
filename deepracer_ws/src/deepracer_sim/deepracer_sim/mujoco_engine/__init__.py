"""The three-dimensional engine: contact physics and OpenGL pictures by MuJoCo."""
