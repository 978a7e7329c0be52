"""The benchmark program works; how long things take is nobody's business here."""
