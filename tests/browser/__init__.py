"""Pages in a real Chromium, before a real server. Not part of the other tests: `make browser` runs these."""
