"""The command line: each command parses its options and calls one public function.

`entry` sets up signals and starts `commands`, which registers every command and turns errors into one
line and an exit code. The commands themselves are in the modules whose names end with `_commands`.
"""
