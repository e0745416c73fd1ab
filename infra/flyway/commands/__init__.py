"""What info, validate, migrate, baseline and repair do, each in a module, and the steps that they share."""
