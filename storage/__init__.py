"""How we open SQLite: private files, WAL, forward migrations. Standard library only (hook path)."""
