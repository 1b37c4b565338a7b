"""The background work: the worker thread, its retry policy, its memory and its supervisor."""
