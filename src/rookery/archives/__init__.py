"""Formats that people and servers bring along and take away."""
