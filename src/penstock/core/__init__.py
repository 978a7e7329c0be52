"""The vocabulary everything else is built on: states, errors, ids, the clock, and how one waits in turn.

Standard library only, no input or output.
"""
