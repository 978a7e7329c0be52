"""The REST API through an HTTP client, on both databases."""
