"""Packages of our own, and Pillow, where the system lacks them. Standard library only."""
