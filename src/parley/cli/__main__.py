"""`python -m parley.cli`."""

from parley.cli.main import main

main()
