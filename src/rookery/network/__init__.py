"""Floor 1: the only doors in and out: routes, requests, limits; later the safe fetch."""
