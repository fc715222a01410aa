"""TypeScript and JavaScript sources as rules see them."""
