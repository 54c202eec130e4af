"""Floor 4: the pages people see in a browser."""
