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
    children: dict[int, list[int]] = {}
    authors: dict[int, int] = {}
    for post_id, answers, author in rows:
        authors[post_id] = author
        if answers in children:
            children[answers].append(post_id)
        else:
            children[answers] = [post_id]
    order: list[tuple[int, int]] = []
    stack: list[tuple[int, int]] = [(root, 0)]
    while stack:
        current, depth = stack.pop()
        if depth:
            order.append((current, depth))
        if current in children:  # most posts have no reply
            author, depth = authors.get(current, 0), depth + 1
            below = children[current]
            stack += [(child, depth) for child in reversed(below) if authors[child] != author]
            stack += [(child, depth) for child in reversed(below) if authors[child] == author]
    return order
