"""The scripts against the history's rows: states, verdicts, and what a run would do. Pure."""
