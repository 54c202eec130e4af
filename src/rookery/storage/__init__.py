"""Floor 1: what survives a restart: SQL, the event log, jobs, blobs."""
