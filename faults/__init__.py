"""Faults on purpose, under load: kills, power cuts, disks, clocks (docs/faults.md). Run it with `make faults`."""
