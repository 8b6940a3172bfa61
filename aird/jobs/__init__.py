"""Work that outlives a request: leases, attempts, progress, logs."""
