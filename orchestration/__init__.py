"""Nettoeffekt: when and how data moves. What the numbers mean is SQL under dbt_project/."""
