"""Synthetic deliveries of the demo region: ledger, staffing, hired staff, budget and indicators.

Everything here is invented. Only the totals in calibration.py that name a source are published figures; accounts, cost
centres below the divisions, persons, agencies, vouchers and texts are made up, and no person behind them exists.

    python -m seeds.generator --out FOLDER [--scale N] [--seed TEXT] [--feed ledger ...] [--from 2022-01] [--to 2025-01]

Scale multiplies rows, not money: at scale N every posted amount is split over N times as many vouchers, and every
amount of hired staff over N times as many invoice lines, so that all sums stay those of scale 1. Employments are N
times as many, and so are their FTE and hours. Budget and indicators do not change. The demo is scale 1:

    python -m seeds.generator --out seeds/extracts

The content is the same on every machine: what looks random is read from MD5 digests (draw.py), and amounts are whole
öre in integers, so that no sum depends on the order in which it is taken.
"""
