"""Floor 2: every read that is a page: home, public, thread, notifications, search."""
