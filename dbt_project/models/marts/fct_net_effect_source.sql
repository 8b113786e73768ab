-- Where each net effect comes from: rule by rule and ledger cell by ledger cell. An effect is rounded to the öre
-- here, once.
-- Grain: one row per action, rule, company, account, cost centre, counterparty side and month. Stands with its
-- contract and no rows until it is filled.
{{ empty_mart() }}
