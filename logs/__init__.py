"""What users read: log lines in Stash's protocol and in our file, with every secret hidden."""
