"""What costs must not grow, counted so that no machine is too slow for it: requests, statements,
imports, memory. How fast all that is, `make bench` measures."""
