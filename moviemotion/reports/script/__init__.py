"""Annotated scripts: Fountain, Final Draft, PDF."""
