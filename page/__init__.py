"""What the page in Stash asks and does, one module per subject; `catalog` names them all."""
