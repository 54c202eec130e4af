"""Addresses that answers of the client API carry.

Owns: where a stored picture is fetched. base_url: `https://here.example`, no slash at the end.
"""

from __future__ import annotations


def media_url(base_url: str, key: str) -> str:
    """Address of a blob."""
    return f"{base_url}/media/{key}"
