"""The fediverse wire: ActivityPub. A room of floor 3: above storage and actions, below the faces."""
