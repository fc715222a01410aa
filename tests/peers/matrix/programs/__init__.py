"""Programs that do with one driver what they are told, line by line: see `telling`."""
