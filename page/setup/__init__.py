"""What a page asks and does until everything is set up: settings, sign-in, libraries, folders."""
