"""Complete workflows that commands, studio and Python API call: screen, capture, report, compare, export."""
