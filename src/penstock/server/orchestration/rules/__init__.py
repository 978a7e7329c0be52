"""The rules of flow-run transitions, one concern a file; ``policy`` says when each is asked."""
