"""The command line: arguments, flyway.conf, JDBC addresses, a stack's settings, and what is printed."""
