"""The ``penstock`` command. Commands are loaded when they are called, so that help stays fast."""
