"""What tests share: databases, a PostgreSQL server of their own, the app and its client."""
