"""One module for each group of traits, and what they find. Nothing is judged by an answer."""
