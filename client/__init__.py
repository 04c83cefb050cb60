"""The published client: what is installed is `varve/`; `tests/` is imported from the checkout as client.tests."""
