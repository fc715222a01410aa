"""What the doctor and the linter of migrations have in common: the words in which findings are."""
