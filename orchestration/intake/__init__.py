"""From the inbox to raw: contracts, door checks, decoding, landing, loading. No Dagster here, and no business rules."""
