"""What talks to PostgreSQL: the session, the lock, the schemas, the history table, sending a script, broken indexes."""
