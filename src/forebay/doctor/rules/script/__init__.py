"""Rules about TypeScript and JavaScript sources."""
