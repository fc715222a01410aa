"""What a database holds as the text of a schema, with all that the user gave the one before."""
