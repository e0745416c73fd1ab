"""Flyway's semantics on psycopg: scan the scripts, compare them with the schema history, apply what is pending.

Nothing in here knows Pulumi. The pure part is scan, checksum, placeholders, version, syntax and plan; history, lock,
session, schemas, execute, run and preview talk to a server. What others use: settings.FlywaySettings, scan.scan(),
preview.preview() and preview.read_history(), run.migrate(), and errors.

Import the module that you need: this one imports none of them, so that a program that only reads settings does not wait
for a database driver.
"""
