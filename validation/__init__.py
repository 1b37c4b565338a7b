"""The models of everything that comes in from outside (pydantic)."""
