"""How good it became: measurements, protocols, the accuracy card."""
