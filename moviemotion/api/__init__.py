"""The Python API provided by `import moviemotion`, with objects designed for notebooks.

`study` screens, reads and simulates studies. `audience_analysis` holds the results as DataFrames and analyzes
tables from other sources. `comparison` compares two screenings, and `screening_plan` plans one.
`aligned_script` reads and times screenplays. `face_reading` provides the face detector and the emotion model
on their own. `plots` draws figures.
"""
