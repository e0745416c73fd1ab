"""Flyway's open edition on psycopg: info, validate, migrate, baseline and repair, as a library and a command.

Nothing in here knows Pulumi's program. Three packages are pure, but for reading files: scripts (what the files of the
locations say), statements (what PostgreSQL's grammar makes of a script) and planning (scripts against the history's
rows). Two talk to a server: server (session, lock, history, sending a script) and commands (a module for each command,
and the steps that they share). On top, cli reads arguments, files and a stack's settings, and prints.

What others use: settings.FlywaySettings, scripts.scan.scan() or scripts.strict.scan_strictly(), commands.preview,
commands.run.migrate(), and errors.

Import the module that you need: this one imports none of them, so that a program that only reads settings does not wait
for a database driver.
"""
