"""The command line: each command parses its options and calls one public function.

`entry` sets the signal handlers and starts `commands`, which registers every command and reports errors as
one line and an exit code. The commands themselves are in the modules whose names end in `_commands`.
"""
