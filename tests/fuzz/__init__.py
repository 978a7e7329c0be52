"""Nothing that is sent to the API makes it answer 500, and both databases answer alike."""
