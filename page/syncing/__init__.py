"""What is done, what was done, and what is to be done: the queue, runs, changes, undo, the log."""
