"""`python -m moviemotion` runs the command line."""

from moviemotion.cli.entry import main

main()
