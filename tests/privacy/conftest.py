from privacy_studies import finished, keys, study

__all__ = ["finished", "keys", "study"]
