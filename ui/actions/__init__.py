"""What pages do when somebody presses something, without widgets where possible."""
