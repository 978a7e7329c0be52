"""The rules of task-run transitions, one concern a file; ``task_policy`` says when each is asked."""
