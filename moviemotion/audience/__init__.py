"""From cameras to samples: what each viewer's face shows, several times a second.

In the order of the data:

- `video`: decode recordings to frames with film times, and black out what may not be processed.
- `faces`: detect faces, predict their emotions, judge their quality, and follow each viewer through time.
- `recordings`: process the recordings of all cameras in parallel.
- `live`: do the same with cameras while the film runs, and put them on the film's clock afterwards.
- `samples`: the result for one camera, and its Parquet file.

The face detector and the emotion model can be exchanged; see `faces.registry`.
"""
