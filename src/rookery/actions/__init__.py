"""Floor 2: every write, one verb per function, one transaction with its event inside."""
