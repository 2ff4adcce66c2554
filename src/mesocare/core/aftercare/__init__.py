"""What helps and what comes: advice, expected reactions, red flags and the course."""
