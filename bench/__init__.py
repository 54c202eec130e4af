"""Measures a running server on a seeded world, beside a bare server of the same stack: `make bench`."""
