"""HTML reports, and the data for the studio's analysis page."""
