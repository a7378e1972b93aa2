"""The studio: a local web application over a folder of studies. It asks and shows; other rooms compute."""
