"""Two migrations by each tool's own files; every step writes down what locks its server holds."""
