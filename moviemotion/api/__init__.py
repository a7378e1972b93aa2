"""The Python API: what `import moviemotion` offers, as objects made for notebooks.

`study` screens, reads and simulates studies; `audience_analysis` holds the results as DataFrames and analyzes
tables from elsewhere; `comparison` compares two screenings; `aligned_script` reads and times screenplays;
`face_reading` gives the face detector and the emotion model alone; `plots` draws.
"""
