"""Rookery: a microblog that nobody can switch off.

Six floors, imports only downward; ARCHITECTURE.md draws them.
"""

__version__ = "0.1.0"
