"""What we promise and demand at the boundaries: contracts for what comes in, suites for raw and marts.

`contracts/` and `suites/` are the statements (YAML), `suites.py` reads suites, `runner.py` judges a warehouse by them.
Tests inside the warehouse are dbt tests, and business rules are SQL: neither lives here.
"""
