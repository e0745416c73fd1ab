"""A script's text as PostgreSQL's grammar reads it: statements, COPY's data, what may run in a transaction. Pure."""
