"""Everything that presents an analysis: HTML, tables, annotated scripts, exports, terminal."""
