"""The pure middle: scene to desired metadata, three-way merge, plan of edits. No I/O."""
