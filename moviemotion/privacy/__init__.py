"""Whose data a study holds, what they agreed to, until when it is kept, and the proof of what was done."""
