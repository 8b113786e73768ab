-- What boards decided about the plan by as_of, informations told from active decisions.
-- Grain: one row per board, date and paragraph.
with

decisions as (

    select * from {{ ref('decision') }}

)

select
    cast(board as string) as board,
    cast(decision_date as date) as decision_date,
    cast(paragraph as string) as paragraph,
    cast(kind as string) as kind,
    cast(subject as string) as subject,
    cast(action_ids as string) as action_ids,
    cast(is_unanimous as boolean) as is_unanimous,
    cast(source as string) as source
from decisions
where decision_date <= {{ as_of() }}
