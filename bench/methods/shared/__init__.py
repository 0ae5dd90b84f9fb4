"""What several methods share: their contract, loss terms, weight schedules, the carried mini-batch."""
