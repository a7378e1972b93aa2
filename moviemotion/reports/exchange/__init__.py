"""Files for other programs: ELAN, editing programs, WebVTT."""
