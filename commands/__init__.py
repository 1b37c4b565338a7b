"""What a person asks for, whichever way: sync, preview, undo, status, set-up, explain, sign in."""
