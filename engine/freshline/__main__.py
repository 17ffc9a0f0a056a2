"""So that `python -m freshline` is the command too."""

from freshline.cli import main

main()
