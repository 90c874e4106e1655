"""The vehicle."""
