"""Files for other programs: ELAN, editing programs and WebVTT."""
