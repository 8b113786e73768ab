{# What a model that is kept per slice begins with: the CTE new_row, the raw rows of the slices that it lacks. A slice never
   changes, and a correction is a new slice, so adding and deleting is all there is. is_later_run: what is_incremental()
   says to the model. #}
{% macro new_rows(feed, is_later_run) -%}
delivered as (

    select slice_id from {{ source('raw', 'delivery_slice') }} where feed = '{{ feed }}'

),

new_slice as (

    select delivered.slice_id
    from delivered
    {%- if is_later_run %}
    left join (select distinct slice_id from {{ this }}) as present on present.slice_id = delivered.slice_id
    where present.slice_id is null
    {%- endif %}

),

new_row as (

    select raw_row.*
    from {{ source('raw', feed) }} as raw_row
    inner join new_slice on new_slice.slice_id = raw_row._slice_id

)
{%- endmacro %}

{# The pre-hook of such a model: deletes the slices that raw no longer knows. #}
{% macro delete_gone_slices(feed) -%}
{%- if is_incremental() -%}
delete from {{ this }} where not exists (
    select 1 from {{ source('raw', 'delivery_slice') }} as delivered
    where delivered.feed = '{{ feed }}' and delivered.slice_id = {{ this }}.slice_id
)
{%- endif -%}
{%- endmacro %}

{# The pre-hook of a model that is kept for as long as a slice is read in the same way: deletes the slices that do not
   count any more, and those whose mark in `mapping` is another than the one they were kept with. #}
{% macro delete_slices_read_otherwise(mapping) -%}
{%- if is_incremental() -%}
delete from {{ this }} where slice_id in (
    select kept.slice_id
    from (select distinct slice_id, mapping_mark from {{ this }}) as kept
    left join {{ mapping }} as mapping
        on mapping.slice_id = kept.slice_id
        and mapping.mapping_mark = kept.mapping_mark
    where mapping.slice_id is null
)
{%- endif -%}
{%- endmacro %}
