"""The studio: a local web application to create studies, run screenings and explore their results."""
