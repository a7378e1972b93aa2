"""Run the command line with `python -m moviemotion`."""

from moviemotion.cli.entry import main

main()
