"""The background services, driven pass by pass."""
