"""The formats that we import and export. A room of floor 3: above storage and actions, below the faces."""
