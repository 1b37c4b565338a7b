"""The background work: batches, retries, pauses, tasks, pictures, undo, and what is remembered."""
