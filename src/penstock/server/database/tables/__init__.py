"""The tables, one noun a file. Constraints are named ``pk|fk|uq|ix_<table>__<columns>``."""
