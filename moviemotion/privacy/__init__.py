"""Privacy: consent, pseudonyms, retention, erasure and the audit log of a study."""
