"""Subtitles: what is spoken when, and whether a file can be trusted to say so.

- `parse`: `read_subtitles` reads a subtitle file, or a film's own track by means of `embedded_track`
- `subtitle_text`: separates spoken words, speakers' names and sound descriptions
- `checks`: refuses files in two languages or with impossible times
- `retiming`: corrects subtitles that were made for another transfer of the film (25 instead of 23.976 fps)

Other file formats are parsed by pysubs2; what it cannot read goes into `parse`.
"""
