"""HTML reports, and the data of the studio's analysis page."""
