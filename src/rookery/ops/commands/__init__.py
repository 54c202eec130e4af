"""The commands of `rookery`, one file per noun, each command a small function on an open application."""
