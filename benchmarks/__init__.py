"""What measures the budgets of docs/performance.md. Run `make bench`."""
