"""Tables and JSON for other programs, with their data dictionary."""
