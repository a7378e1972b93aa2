"""Workflows behind the commands, the studio and the Python API: screen, capture, report, compare, export."""
