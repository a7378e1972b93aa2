"""Read subtitles, which state what is spoken when, and check them.

- `parse`: `read_subtitles` reads a subtitle file, or a film's own track via `embedded_track`
- `subtitle_text`: separates spoken words, speaker names and sound descriptions
- `checks`: rejects files in two languages or with impossible times
- `retiming`: corrects subtitles that were made for another transfer of the film (25 instead of 23.976 fps)

File formats are parsed by pysubs2; support for other formats belongs in `parse`.
"""
