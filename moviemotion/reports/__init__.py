"""Presentation of an analysis: HTML reports, tables, annotated scripts, exports and terminal summaries."""
