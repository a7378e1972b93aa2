"""Annotated scripts in Fountain, Final Draft and PDF format."""
