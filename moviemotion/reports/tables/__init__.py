"""Tables and JSON for other programs, and their data dictionary."""
