"""The engine by itself: what needs no other engine to be right."""
