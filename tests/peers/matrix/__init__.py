"""What each driver can do in transaction mode: one script a feature, every driver runs it."""
