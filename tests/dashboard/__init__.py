"""The dashboard: how it is served, and how it works in a browser."""
