"""The vocabulary everything else is built on: states, errors, ids and the clock.

Standard library only, no input or output.
"""
