"""Draw synthetic viewers and write the videos of the cameras recording them.

The modules, in the order in which they are used:

- `face`: a person's permanent features, and the facial action units of each emotion.
- `canvas`: soft-edged drawing in face units.
- `render`: draw a head with an expression, lit by the screen.
- `hand`: draw a hand in front of a face, or holding popcorn.
- `lighting`: simulate the light of the screen and the response of a camera's sensor.
- `seat_videos`: place viewers in their seats and write a video for each camera.
"""
