"""From video files to frames.

The modules, in the order in which the data passes through them:

- `decode`: open a recording and yield frames with their film times, reporting gaps.
- `masking`: black out parts of a frame that show people who have not agreed to be recorded.
"""
