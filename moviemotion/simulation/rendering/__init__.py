"""Draw synthetic viewers and write the videos of the cameras that record them.

In the order of the data:

- `face`: who a person is, and which action units of the face an emotion moves.
- `canvas`: drawing with soft edges in units of the face.
- `render`: draw a head with an expression, lit from the screen.
- `hand`: draw a hand in front of a face, or holding popcorn.
- `lighting`: the light of the screen, and what a camera's sensor makes of it.
- `seat_videos`: put viewers on their seats and write a video for each camera.
"""
