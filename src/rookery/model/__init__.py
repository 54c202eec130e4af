"""Floor 0: neutral nouns, rules and events. Standard library only; knows no network and no database."""
