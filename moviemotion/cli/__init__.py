"""The command line. Each command is one call of one public function."""
