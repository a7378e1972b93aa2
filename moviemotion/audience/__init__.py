"""From cameras to samples: the emotions on each viewer's face, several times per second.

The packages and modules, in the order in which the data passes through them:

- `video`: decode recordings to frames with film times, and black out areas that may not be processed.
- `faces`: detect faces, predict emotions, assess quality, and track each viewer over time.
- `recordings`: process the recordings of all cameras in parallel.
- `live`: do the same with live cameras while the film runs, and synchronize them to the film's clock
  afterwards.
- `samples`: the result for one camera, and its Parquet file.

The face detector and the emotion model can be replaced; see `faces.face_registry`.
"""
