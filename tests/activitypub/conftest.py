"""Pages for these tests: the same world as in tests/web."""

from tests.web.conftest import pages

__all__ = ["pages"]
