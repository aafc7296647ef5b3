"""`python -m groundwire`: the command line without an installed script."""

from groundwire.cli import main

main()
