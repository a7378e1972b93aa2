"""Studies on disk: their files, schemas and migrations, provenance, outputs and analysis cache."""
