"""Posters and backgrounds: chosen, drawn, sent."""
