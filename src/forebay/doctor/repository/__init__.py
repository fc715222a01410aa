"""A repository as rules see it: its files, what each is for, and what it is made of."""
