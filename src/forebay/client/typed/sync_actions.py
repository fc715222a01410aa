"""What runs where the types for sync are declared: the stub beside says what these are."""

from forebay.client.actions import Actions as Actions
