"""What we wrote and what was there before; what was seen of each scene."""
