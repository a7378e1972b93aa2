"""Measure the clocks of cameras that were started by hand: by sound, by the screen's light, by file times."""
