"""The routes of the studio: the API, with one module per area, and the pages."""
