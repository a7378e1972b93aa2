"""The routes of the studio: its API, one module per area, and its pages."""
