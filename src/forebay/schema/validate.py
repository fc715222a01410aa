"""The last pass: rules that need a sound model."""


def validate(schema, unknown_functions, diagnostics, prisma):
    """Check the whole model."""
