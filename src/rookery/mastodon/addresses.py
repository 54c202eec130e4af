"""Addresses that answers of the client API carry.

Owns: where a stored picture is fetched. base_url: `https://here.example`, no slash at the end.
"""

from __future__ import annotations

from rookery.model.far_files import far_path


def media_url(base_url: str, key: str) -> str:
    """Address of a blob."""
    return f"{base_url}/media/{key}"


def far_url(base_url: str, token: str, *, is_small: bool = False) -> str:
    """Address at which we show a file of another server, the same whether it is here already or not."""
    return f"{base_url}{far_path(token, is_small=is_small)}"
