"""Rules about settings, URLs, manifests and workflows."""
