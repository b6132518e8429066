"""The verbs of ``gate``: a module each, with one function that Typer turns into the command."""
