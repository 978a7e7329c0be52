"""The tests; ``support`` has what they share."""
