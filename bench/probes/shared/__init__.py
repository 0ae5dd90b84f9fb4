"""What the probes share."""
