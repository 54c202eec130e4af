"""A conversation as a page reads it.

Owns: the order of replies. Never: SQL (storage/pages.py).
"""

from __future__ import annotations

from collections.abc import Sequence


def in_thread_order(root: int, rows: Sequence[tuple[int, int, int]]) -> list[int]:
    """Put replies below what they answer, each branch whole; replies of the author to themself come first.

    rows: (id, answers, author), oldest first.
    """
    return [post_id for post_id, _ in with_depth(root, rows)]


def with_depth(root: int, rows: Sequence[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """As in_thread_order, each id with its distance from the root, 1 for a direct reply."""
    children: dict[int, list[tuple[int, int]]] = {}
    authors = {row[0]: row[2] for row in rows}
    for post_id, answers, author in rows:
        children.setdefault(answers, []).append((post_id, author))
    order: list[tuple[int, int]] = []
    stack: list[tuple[int, int]] = [(root, 0)]
    while stack:
        current, depth = stack.pop()
        if current != root:
            order.append((current, depth))
        author = authors.get(current, 0)
        below = sorted((writer != author, child) for child, writer in children.get(current, ()))
        stack.extend((child, depth + 1) for _, child in reversed(below))
    return order
