"""Drift: what changed in a database outside of its migrations.

After each run a record of the catalog, and of the history that it belongs to, goes into a table beside the history. The
next run compares. scope and compare are pure, records reads and writes the table, look puts them together. Nothing in
here knows Pulumi.
"""
