"""Checked derivations: equations that are proved, checked by another road, and attacked by mutants.

Import the module you need, e.g. ``from utils.claims import Claim``. This file imports nothing, so that `prove`,
`mutate` and `domains` run with SymPy and mpmath alone, in a browser too.
"""
