"""Floor 4: the Mastodon client API, its streaming and its OAuth dialect."""
