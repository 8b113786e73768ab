{# The deliveries of a status and of these rules, from sources that have loaded nothing since: what has come since settles it.
   As common table expressions, after one called `delivery`. #}
{% macro unsettled_deliveries(status, rules) %}
last_loaded as (

    select
        feed,
        source,
        max(sequence) as sequence
    from delivery
    where status = 'loaded'
    group by feed, source

),

unsettled as (

    select
        delivery.delivery_id,
        delivery.feed,
        delivery.source,
        delivery.file_name,
        max(delivery.sequence) as sequence,
        min(delivery.reason) as reason
    from delivery
    left join last_loaded on last_loaded.feed = delivery.feed and last_loaded.source = delivery.source
    where
        delivery.status = '{{ status }}'
        and delivery.rule in ('{{ rules | join("', '") }}')
        and delivery.sequence > coalesce(last_loaded.sequence, 0)
    group by delivery.delivery_id, delivery.feed, delivery.source, delivery.file_name

)
{%- endmacro %}
