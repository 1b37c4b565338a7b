"""The durable job store and the registry of the processes that drain it.

Standard library only: the inbox is on the hook path.
"""
