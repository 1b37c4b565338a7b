"""The ways in: hook, task, worker and command line."""
