"""Floor 4: pages for people; later the deck and the admin's page."""
