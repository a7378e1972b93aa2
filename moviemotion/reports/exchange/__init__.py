"""Export files for other programs: ELAN, video editors and WebVTT players."""
