"""What the distribution installs; the service itself is in `domain`, `application`, `infrastructure` and `api`."""
