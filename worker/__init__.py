"""The loop: claim, lease, heartbeat, retry, circuit breaker, debounce, checks, settings, log."""
