"""Faults on purpose: servers killed, databases crashed and disks filled under load. Run it with `make faults`."""
