"""Extensions: a new client that does more, or less, and shares the old one's connections."""
