"""One family of errors: every message names the file (or option) and the remedy."""


class MoviemotionError(Exception):
    """Something the user can mend. The command line prints it as one line and exits with 2."""
