"""What a database really looks like: a snapshot of its catalog, the difference of two, and the draft of a migration.

Nothing in here knows Pulumi. read.read() takes a Snapshot of a live database, and alone talks to a server;
difference.Difference compares two and reads like a review; drafting.scripts.draft() writes the next migration from a
difference, as far as that is safe.
"""
