"""Fault injection: what is planted in a copy of the book, and which gate has to see it: `python -m tests.faults`."""
