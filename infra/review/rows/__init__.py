"""Generated rows, so that a rehearsal meets what an empty database never shows: conflicts, rewrites, time."""
