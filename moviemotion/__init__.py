"""MoviEmotion: an audience's faces, second by second, beside the screenplay."""

__version__ = "0.1.0"
