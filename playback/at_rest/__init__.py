"""What a resting worker asks Plex about plays."""
