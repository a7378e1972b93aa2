"""The studio: a local web application for creating studies, running screenings and exploring the results."""
