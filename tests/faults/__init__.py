"""Faults: what is killed, cut off or full in the middle of its work, and what the next `up` makes of it."""
