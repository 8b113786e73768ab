"""The fault table: what may go wrong on a bad day, what must then be so, and the test that shows it.

`tests/contract/test_fault_table.py` holds every line against the tests that are there.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """One line. `shown_by` is module::test, below tests/, or dbt::name of a worked example beside its model."""

    scenario: str
    expected: str
    shown_by: str


LOAD, DOOR, FILES = "unit/test_load.py", "unit/test_door.py", "unit/test_faults_of_deliveries.py"
PRIVACY, BOOKS, VALUES = "unit/test_privacy.py", "unit/test_workbook.py", "unit/test_values.py"
MORNING, PUBLISHING, RUNS = "pipeline/test_morning.py", "pipeline/test_publishing.py", "pipeline/test_faults.py"
SHAPE = f"{FILES}::test_a_file_of_another_shape_is_refused_by_rule"
NAMES = f"{FILES}::test_a_name_is_only_a_name"
REFUSED = f"{DOOR}::test_a_file_that_cannot_be_taken_is_refused_by_name_and_rule"
KILLED = "pipeline/test_kills.py::test_loads_that_are_killed_lose_nothing_and_double_nothing"

FAULTS = (
    Fault("the same file twice", "loads nothing", f"{MORNING}::test_files_are_known_again_by_their_bytes"),
    Fault("the same file renamed", "loads nothing", f"{LOAD}::test_the_same_bytes_under_another_name_load_nothing"),
    Fault("a correction", "replaces its months whole", f"{LOAD}::test_a_correction_empties_the_months_it_leaves_out"),
    Fault(
        "a replaced version comes back",
        "changes nothing, and is named",
        "unit/test_plausible.py::test_what_was_replaced_and_comes_again_is_named",
    ),
    Fault(
        "versions out of order",
        "the one known last counts",
        f"{LOAD}::test_the_version_known_last_counts_whatever_the_order_of_arrival",
    ),
    Fault("kill -9 while copying, in the transaction, before clean-up", "the next load makes it whole", KILLED),
    Fault(
        "kill -9 while publishing or swapping",
        "a whole release stands",
        f"{PUBLISHING}::test_a_kill_at_any_instant_leaves_a_whole_release",
    ),
    Fault(
        "two runs at once",
        "the second says who holds the lock",
        f"{MORNING}::test_the_second_of_two_runs_says_who_holds_the_lock",
    ),
    Fault(
        "somebody has the build open",
        "the holder is named",
        f"{RUNS}::test_a_warehouse_that_another_program_has_open_is_named_with_its_holder",
    ),
    Fault(
        "too little disk before a run",
        "nothing is begun",
        f"{RUNS}::test_too_little_space_says_how_much_there_is_and_how_much_is_needed",
    ),
    Fault(
        "the disk fills in a load",
        "the disk is named, and the next load makes it whole",
        "pipeline/test_small_disk.py::test_a_disk_that_fills_in_a_load_is_named_and_the_next_load_makes_it_whole",
    ),
    Fault(
        "the disk fills while publishing",
        "the old release stands",
        f"{PUBLISHING}::test_a_full_disk_leaves_the_old_release",
    ),
    Fault("a stray .wal", "readers are not kept out", f"{PUBLISHING}::test_a_stray_wal_does_not_spoil_the_new_file"),
    Fault("a truncated gzip", "refused", REFUSED),
    Fault("a truncated workbook", "refused", f"{BOOKS}::test_a_file_that_ends_in_the_middle_is_refused"),
    Fault("an empty file", "refused", REFUSED),
    Fault("a header and no rows", "refused", SHAPE),
    Fault(
        "a late month",
        "statuses age and say so",
        f"{MORNING}::test_an_as_of_alone_is_a_run_without_a_load_and_statuses_age",
    ),
    Fault(
        "a month to come",
        "loaded, and counts when it has come",
        f"{FILES}::test_a_month_that_has_not_come_is_loaded_and_counts_when_it_has",
    ),
    Fault("a month a century away", "refused", f"{FILES}::test_a_month_a_century_away_is_taken_for_a_mistake"),
    Fault("mojibake in the header", "refused", SHAPE),
    Fault("another encoding", "refused", REFUSED),
    Fault(
        "unit drift: tkr for kr",
        "refused, unless accepted",
        "unit/test_plausible.py::test_amounts_that_cannot_be_meant_keep_the_file_out",
    ),
    Fault(
        "all signs turned",
        "refused, unless accepted",
        "unit/test_plausible.py::test_amounts_that_cannot_be_meant_keep_the_file_out",
    ),
    Fault(
        "a footnote mark glued to a number",
        "a fault, never another number",
        f"{VALUES}::test_what_the_contract_does_not_allow_is_a_fault",
    ),
    Fault(
        "leading zeros lost", "another code; no guess", f"{FILES}::test_codes_keep_their_zeros_and_lost_ones_stay_lost"
    ),
    Fault(
        "serial dates",
        "quarantined where not agreed",
        f"{FILES}::test_a_date_of_another_form_is_quarantined_and_not_guessed",
    ),
    Fault("a column added, missing or renamed", "refused", SHAPE),
    Fault("columns in another order", "the same rows", f"{FILES}::test_columns_in_another_order_are_the_same_file"),
    Fault("a column doubled", "refused", REFUSED),
    Fault("another delimiter", "refused", SHAPE),
    Fault(
        "a line break in a quoted field",
        "one row",
        f"{DOOR}::test_a_line_break_within_quotes_and_blank_lines_lose_no_row",
    ),
    Fault(
        "an unclosed quote",
        "refused with its line",
        f"{DOOR}::test_an_unclosed_quote_that_swallows_a_file_refuses_it_with_its_line",
    ),
    Fault(
        "an identity number in free text",
        "masked and counted",
        f"{FILES}::test_an_identity_number_in_free_text_is_masked_and_counted",
    ),
    Fault(
        "an identity number in the name of a file",
        "masked wherever the name is told",
        f"{FILES}::test_a_person_in_the_name_of_a_file_is_masked",
    ),
    Fault(
        "a coordination number that was replaced",
        "one person all along",
        "dbt::a_person_with_a_new_identity_number_is_one_person",
    ),
    Fault(
        "an interim number",
        "masked, and one person however written",
        f"{PRIVACY}::test_interim_numbers_are_masked_and_are_one_person",
    ),
    Fault(
        "a one-person firm",
        "neither its number nor its name is kept",
        f"{PRIVACY}::test_the_name_of_a_one_person_firm_is_its_owners_and_is_not_kept",
    ),
    Fault("personal data without a key", "refused", f"{PRIVACY}::test_personal_data_without_a_key_are_refused"),
    Fault(
        "another key than before",
        "the run ends",
        f"{PRIVACY}::test_nothing_is_loaded_under_another_key_than_what_is_there",
    ),
    Fault("unknown codes", "UNMAPPED; no money vanishes", "dbt::money_of_an_unknown_unit_stays_in_its_region"),
    Fault(
        "a reorganisation within a year",
        "money follows to the unit of today, and stands as it was beside",
        "dbt::money_follows_the_cost_centre_then_its_successor_then_its_units_successor",
    ),
    Fault("two employments", "one person, at most full time", "dbt::two_employments_above_the_cap_are_cut"),
    Fault(
        "the same action name in several administrations",
        "each pair one finding",
        "dbt::a_pair_is_one_finding_with_all_its_grounds",
    ),
    Fault("text that looks like a formula", "text", f"{FILES}::test_text_that_looks_like_a_formula_is_kept_as_text"),
    Fault("ledger[1].csv", "only a name", f"{DOOR}::test_a_file_name_is_never_a_pattern"),
    Fault("a'; drop table x;--.csv, decomposed å, 255 characters", "only a name", NAMES),
    Fault("a symbolic link, a pipe", "refused", f"{DOOR}::test_links_and_pipes_are_refused_and_keep_nobody_out"),
    Fault("../../x.csv in a workbook", "refused", f"{BOOKS}::test_paths_out_of_the_file_and_doubled_parts_are_refused"),
    Fault("a gzip bomb", "refused while unpacking", f"{DOOR}::test_a_packed_bomb_is_refused_while_it_is_unpacked"),
    Fault("a zip bomb", "refused before it is opened", f"{BOOKS}::test_a_bomb_is_refused_before_it_is_opened"),
    Fault("a protected workbook", "refused", f"{BOOKS}::test_a_part_under_a_password_is_refused"),
    Fault("macros", "refused", f"{BOOKS}::test_macros_are_refused"),
    Fault("DOCTYPE", "refused", f"{BOOKS}::test_document_types_are_refused_in_every_part"),
    Fault("a file still being written", "waits", f"{DOOR}::test_hidden_files_wait"),
    Fault(
        "the night of summer time",
        "the instant that is meant",
        f"{FILES}::test_local_times_of_the_nights_when_clocks_change_are_read",
    ),
    Fault("a leap day, a year's end", "days like others", f"{FILES}::test_a_leap_day_and_a_year_end_are_days"),
    Fault("a clock that jumps back", "order is kept", f"{FILES}::test_a_clock_that_jumps_back_changes_no_order"),
    Fault(
        "a landing file gone at rebuild",
        "the rebuild ends with its name",
        f"{FILES}::test_a_landing_file_that_is_gone_ends_the_rebuild_with_its_name",
    ),
    Fault(
        "the time in clear of persons is over",
        "their bytes go, their keyed rows stay, in a rebuild too",
        "pipeline/test_operations.py::test_a_rebuild_keeps_the_rows_of_persons_who_have_left_landing",
    ),
    Fault(
        "the build is lost after that",
        "the load says what to restore",
        "unit/test_retention.py::test_without_any_build_that_holds_them_the_load_says_so",
    ),
    Fault(
        "a landing file altered",
        "the rebuild ends with its name",
        f"{LOAD}::test_bytes_altered_in_landing_are_not_replayed",
    ),
    Fault(
        "any sequence of deliveries, corrections, repetitions, crashes and lost builds",
        "nothing lost, nothing twice, and a rebuild is the same",
        "unit/test_histories.py::test_no_history_of_deliveries_and_crashes_loses_or_doubles_anything",
    ),
    Fault("the build lost", "rebuilt equal", f"{MORNING}::test_a_rebuild_from_landing_equals_the_incremental_state"),
    Fault(
        "all lost but a backup",
        "restored equal",
        "pipeline/test_operations.py::test_what_is_lost_comes_back_from_the_backup",
    ),
)
