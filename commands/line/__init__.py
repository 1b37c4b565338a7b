"""What the commands of the command line do, one module per subject; `commands.cli_commands` names
them all."""
