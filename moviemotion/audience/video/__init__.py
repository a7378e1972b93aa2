"""From video files to frames.

The modules, in the order in which the data passes through them:

- `tracks`: choose the video track that shows the audience.
- `file_clock`: correct the timestamps of its frames.
- `decode`: open a recording and yield frames with their film times, reporting gaps and doubts.
- `upright`: show frames with square pixels, rotated and mirrored as the file declares.
- `masking`: black out parts of a frame that show people who have not agreed to be recorded.
"""
