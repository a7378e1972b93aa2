"""Segments: parts of the audience, such as women under 25, and what they felt beside the others."""
