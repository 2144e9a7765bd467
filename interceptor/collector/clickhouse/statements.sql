-- All that is said to ClickHouse: its tables, what is put into them, and every question.
--
-- A statement begins with `--- name`, and ends where the next one does. `$name` stands for another statement of this
-- file, or for one of the words that `statements` has. A value is never put in: it is a parameter, `{name:Type}`, or
-- it comes after the statement as JSON.
--
-- Times are Unix time: `time` in microseconds, `start` in seconds. `number` is when a record came, in microseconds by
-- the clock of retention, moved so that no two of one collector are the same. A slice is an hour of that clock.
-- `status` 0: no response was seen. `bucket` -1: no latency is known; see `interceptor.collector.totals`. `interfaces`
-- and what follows -1: the batch does not say.

--- records_table
CREATE TABLE IF NOT EXISTS records $on_cluster (
    number UInt64 CODEC(Delta, ZSTD(1)), id FixedString(16) CODEC(NONE), batch FixedString(16),
    time Int64 CODEC(Delta, ZSTD(1)),
    address LowCardinality(String), port UInt16, method LowCardinality(String), template LowCardinality(String),
    endpoint UInt64 CODEC(ZSTD(1)), caller LowCardinality(String), status UInt16 CODEC(ZSTD(1)),
    bucket Int16 CODEC(ZSTD(1)), bytes UInt64 CODEC(ZSTD(1)), cluster LowCardinality(String),
    node LowCardinality(String), anomalies Array(LowCardinality(String)), line String CODEC(ZSTD(3)),
    INDEX by_time time TYPE minmax GRANULARITY 1, INDEX by_endpoint endpoint TYPE bloom_filter(0.01) GRANULARITY 4)
ENGINE = $MergeTree PARTITION BY intDiv(number, 86400000000) ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

--- batches_table
CREATE TABLE IF NOT EXISTS batches $on_cluster (
    id FixedString(16) CODEC(NONE), number UInt64, accepted UInt32, rejected UInt32, added UInt32,
    cluster LowCardinality(String), node LowCardinality(String), program LowCardinality(String),
    run LowCardinality(String), packets UInt64, kernel UInt64, interface UInt64, blind Float64,
    interfaces Int64, waiting Int64, waiting_seconds Int64 DEFAULT -1, dropped Int64 DEFAULT -1)
ENGINE = $MergeTree PARTITION BY intDiv(number, 86400000000) ORDER BY id
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

--- batches_whole
SELECT count() FROM system.columns WHERE database = currentDatabase() AND table = 'batches' AND name = 'dropped'

--- batches_columns
ALTER TABLE batches $on_cluster ADD COLUMN IF NOT EXISTS waiting_seconds Int64 DEFAULT -1,
    ADD COLUMN IF NOT EXISTS dropped Int64 DEFAULT -1

--- views_table
CREATE TABLE IF NOT EXISTS views $on_cluster (
    day UInt32, id FixedString(16) CODEC(NONE), perspective LowCardinality(String), text String CODEC(ZSTD(3)))
ENGINE = $ReplacingMergeTree PARTITION BY day ORDER BY (id, perspective)

--- hosts_table
CREATE TABLE IF NOT EXISTS hosts $on_cluster (
    day UInt32, address String, one SimpleAggregateFunction(min, String), other SimpleAggregateFunction(max, String))
ENGINE = $AggregatingMergeTree PARTITION BY day ORDER BY address

--- traits_table
CREATE TABLE IF NOT EXISTS traits $on_cluster (
    day UInt32, endpoint UInt64, kind LowCardinality(String), value String)
ENGINE = $ReplacingMergeTree PARTITION BY day ORDER BY (endpoint, kind, value)

--- unread_table
CREATE TABLE IF NOT EXISTS unread $on_cluster (
    day UInt32, hour Int64, id FixedString(16) CODEC(NONE), address LowCardinality(String), port UInt16,
    protocol LowCardinality(String), reason LowCardinality(String), cluster LowCardinality(String),
    node LowCardinality(String), connections UInt64, bytes UInt64)
ENGINE = $ReplacingMergeTree PARTITION BY day ORDER BY (hour, address, port, protocol, id)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

--- server_names_table
CREATE TABLE IF NOT EXISTS server_names $on_cluster (
    day UInt32, address String, port UInt16, name String, last SimpleAggregateFunction(max, Int64))
ENGINE = $AggregatingMergeTree PARTITION BY day ORDER BY (address, port, name)

--- totals_table
CREATE TABLE IF NOT EXISTS totals $on_cluster (
    slice UInt32, attempt UUID, start Int64, address LowCardinality(String), port UInt16,
    method LowCardinality(String), template LowCardinality(String), endpoint UInt64, status UInt16, bucket Int16,
    calls UInt64, bytes UInt64)
ENGINE = $MergeTree PARTITION BY intDiv(slice, 24) ORDER BY (slice, start, endpoint, status, bucket)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

--- pairs_table
CREATE TABLE IF NOT EXISTS pairs $on_cluster (
    slice UInt32, attempt UUID, start Int64, address LowCardinality(String), port UInt16,
    method LowCardinality(String), template LowCardinality(String), endpoint UInt64, caller LowCardinality(String),
    cluster LowCardinality(String), node LowCardinality(String), anomalies Array(LowCardinality(String)),
    status UInt16, bucket Int16, calls UInt64, bytes UInt64)
ENGINE = $MergeTree PARTITION BY intDiv(slice, 24) ORDER BY (slice, start, endpoint, caller, status, bucket)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

--- slices_table
CREATE TABLE IF NOT EXISTS slices $on_cluster (slice UInt32, attempt UUID)
ENGINE = $ReplacingMergeTree PARTITION BY intDiv(slice, 24) ORDER BY slice
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1

--- clock_table
CREATE TABLE IF NOT EXISTS clock $on_cluster (one UInt8, now UInt64)
ENGINE = $ReplacingMergeTree ORDER BY one

--- keep_time
INSERT INTO clock SELECT 1, {now:UInt64}

--- latest
SELECT greatest((SELECT max(now) FROM clock), (SELECT max(number) FROM batches))

--- batches_known
SELECT lower(hex(id)), any(accepted), any(rejected) FROM batches WHERE id IN (SELECT unhex(id) FROM ids) GROUP BY id

--- records_known
SELECT lower(hex(id)), lower(hex(min(batch))) FROM records
WHERE time BETWEEN {first:Int64} AND {last:Int64} AND id IN (SELECT unhex(id) FROM ids) GROUP BY id

--- put_records
INSERT INTO records
SELECT number, unhex(id), unhex(batch), time, address, port, method, template, endpoint, caller, status, bucket, bytes,
    cluster, node, anomalies, line
FROM input('number UInt64, id String, batch String, time Int64, address String, port UInt16, method String, template String, endpoint UInt64, caller String, status UInt16, bucket Int16, bytes UInt64, cluster String, node String, anomalies Array(String), line String')
WHERE throwIf($closed >= {slice:UInt32}, 'this slice is closed') = 0
FORMAT JSONCompactEachRow

--- put_batches
INSERT INTO batches
SELECT unhex(id), number, accepted, rejected, added, cluster, node, program, run, packets, kernel, interface, blind,
    interfaces, waiting, waiting_seconds, dropped
FROM input('id String, number UInt64, accepted UInt32, rejected UInt32, added UInt32, cluster String, node String, program String, run String, packets UInt64, kernel UInt64, interface UInt64, blind Float64, interfaces Int64, waiting Int64, waiting_seconds Int64, dropped Int64')
FORMAT JSONCompactEachRow

--- put_views
INSERT INTO views
SELECT day, unhex(id), perspective, text FROM input('day UInt32, id String, perspective String, text String')
FORMAT JSONCompactEachRow

--- views_known
SELECT lower(hex(id)), any(text) FROM views WHERE id IN (SELECT unhex(id) FROM ids) GROUP BY id, perspective

--- put_hosts
INSERT INTO hosts
SELECT day, address, one, other FROM input('day UInt32, address String, one String, other String')
FORMAT JSONCompactEachRow

--- put_traits
INSERT INTO traits
SELECT day, endpoint, kind, value FROM input('day UInt32, endpoint UInt64, kind String, value String')
FORMAT JSONCompactEachRow

--- put_unread
INSERT INTO unread
SELECT day, hour, unhex(id), address, port, protocol, reason, cluster, node, connections, bytes
FROM input('day UInt32, hour Int64, id String, address String, port UInt16, protocol String, reason String, cluster String, node String, connections UInt64, bytes UInt64')
FORMAT JSONCompactEachRow

--- put_server_names
INSERT INTO server_names
SELECT day, address, port, name, last FROM input('day UInt32, address String, port UInt16, name String, last Int64')
FORMAT JSONCompactEachRow

--- slices_to_close
SELECT DISTINCT intDiv(number, 3600000000) AS due FROM records
WHERE number >= ($closed + 1) * 3600000000
    AND due < {slice:UInt32} AND due < intDiv(toUnixTimestamp(now()) - {lag:UInt32}, 3600)
ORDER BY due

--- close_totals
INSERT INTO totals
SELECT {slice:UInt32}, {attempt:UUID}, start, address, port, method, template, endpoint, status, bucket,
    sum(calls), sum(bytes)
FROM ($closing) GROUP BY start, address, port, method, template, endpoint, status, bucket

--- close_pairs
INSERT INTO pairs
SELECT {slice:UInt32}, {attempt:UUID}, start, address, port, method, template, endpoint, caller, cluster, node,
    anomalies, status, bucket, sum(calls), sum(bytes)
FROM ($closing)
GROUP BY start, address, port, method, template, endpoint, caller, cluster, node, anomalies, status, bucket

--- close_slice
INSERT INTO slices SELECT {slice:UInt32}, {attempt:UUID}

--- closing
SELECT intDiv(time, 3600000000) * 3600 AS start, address, port, method, template, endpoint, caller, cluster, node,
    anomalies, status, bucket, toUInt64(1) AS calls, bytes
FROM records
WHERE number >= {slice:UInt32} * 3600000000 AND number < ({slice:UInt32} + 1) * 3600000000
LIMIT 1 BY id

--- closed
(SELECT max(slice) FROM slices)

--- kept
slice >= {totals_since:UInt32} AND (slice, attempt) IN (SELECT slice, attempt FROM slices FINAL)

--- open
SELECT intDiv(time, 3600000000) * 3600 AS start, address, port, method, template, endpoint, caller, cluster, node,
    anomalies, status, bucket, toUInt64(1) AS calls, bytes
FROM records
WHERE number >= ($closed + 1) * 3600000000 AND number >= {totals_since:UInt32} * 3600000000
LIMIT 1 BY id

--- filter
$of_service $of_endpoint $of_statuses $of_caller $of_node $of_cluster $of_anomaly $of_namespace

--- of_service
AND address = {address:String} AND port = {port:UInt16}

--- of_endpoint
AND endpoint = {endpoint:UInt64}

--- of_statuses
AND status BETWEEN {low:UInt16} AND {high:UInt16}

--- of_caller
AND if(caller IN (SELECT place FROM ($named)), caller IN (SELECT place FROM ($named) WHERE name = {caller:String}), caller = {caller:String})

--- of_node
AND node = {node:String}

--- of_cluster
AND cluster = {cluster:String}

--- of_anomaly
AND has(anomalies, {anomaly:String})

--- of_namespace
AND (startsWith(address, concat({namespace:String}, '/')) OR startsWith(caller, concat({namespace:String}, '/')))

--- named
SELECT address AS place, any(one) AS name FROM (
    SELECT address, min(one) AS one, max(other) AS other FROM hosts WHERE day >= {hosts_since:UInt32}
    GROUP BY address)
WHERE one = other GROUP BY address

--- ever
SELECT start, address, port, method, template, endpoint, status, bucket, calls, bytes FROM totals WHERE $kept
UNION ALL
SELECT start, address, port, method, template, endpoint, status, bucket, calls, bytes FROM ($open)

--- by_hour
SELECT start, address, port, method, template, endpoint, status, bucket, calls, bytes FROM totals
WHERE start BETWEEN {first:Int64} AND {last:Int64} AND $kept $filter
UNION ALL
SELECT start, address, port, method, template, endpoint, status, bucket, calls, bytes FROM ($open)
WHERE start BETWEEN {first:Int64} AND {last:Int64} $filter

--- by_pair
SELECT start, address, port, method, template, endpoint, caller, anomalies, status, bucket, calls, bytes FROM pairs
WHERE start BETWEEN {first:Int64} AND {last:Int64} AND $kept $filter
UNION ALL
SELECT start, address, port, method, template, endpoint, caller, anomalies, status, bucket, calls, bytes FROM ($open)
WHERE start BETWEEN {first:Int64} AND {last:Int64} $filter

--- by_minute
SELECT intDiv(time, 60000000) * 60 AS start, address, port, method, template, endpoint, status, bucket,
    toUInt64(1) AS calls, bytes
FROM records
WHERE time BETWEEN {first:Int64} * 1000000 AND {last:Int64} * 1000000 + 999999
    AND number >= {totals_since:UInt32} * 3600000000 $filter
LIMIT 1 BY id

--- ends
SELECT min(start), max(start), sum(calls) FROM ($ever)

--- calls_within
SELECT min(start), max(start), sum(calls) FROM ($source)

--- anything_since
SELECT 1 FROM records WHERE time >= {first:Int64} * 1000000 AND number >= {totals_since:UInt32} * 3600000000 LIMIT 1

--- overview
WITH source AS ($source)
SELECT kind, slot, address, port, method, template, endpoint, calls, bytes, statuses, latencies, trend, endpoints, groups,
    (SELECT count() FROM records WHERE number >= {records_since:UInt64})
FROM (
    SELECT *, row_number() OVER (PARTITION BY kind ORDER BY calls DESC, address, port, endpoint) AS place,
        count() OVER (PARTITION BY kind) AS groups,
        countIf(kind = 'endpoint') OVER (PARTITION BY address, port) AS endpoints
    FROM (
        SELECT multiIf(not_slot = 0, 'slot', not_method = 0, 'endpoint', 'service') AS kind,
            slot * (1 - not_slot) AS slot, address, port, method, template, endpoint,
            sumIf(some, not_step = 1) AS calls, sumIf(size, not_step = 1) AS bytes,
            sumMapIf([status], [some], not_step = 1) AS statuses,
            sumMapIf([bucket], [some], not_step = 1 AND bucket >= 0) AS latencies,
            sumMapIf([step], [some], not_step = 0) AS trend
        FROM (
            SELECT slot, step, address, port, method, template, endpoint, status, bucket, sum(calls) AS some,
                sum(bytes) AS size, grouping(slot) AS not_slot, grouping(step) AS not_step,
                grouping(method) AS not_method
            FROM (
                SELECT *, toInt64(floor((start - {window:Int64}) / {slot:UInt32})) AS slot,
                    toUInt16(least({sparks:UInt16} - 1,
                        intDiv(greatest(0, start - {window:Int64}) * {sparks:UInt16}, {seconds:UInt32}))) AS step
                FROM source)
            GROUP BY GROUPING SETS (
                (slot, status, bucket), (address, port, status, bucket),
                (address, port, method, template, endpoint, status, bucket),
                (address, port, method, template, endpoint, step)))
        GROUP BY kind, slot, address, port, method, template, endpoint))
WHERE kind = 'slot' OR place <= {rows:UInt32}
ORDER BY kind, slot, place

--- calls
SELECT who, address, port, addresses, calls, bytes, statuses, latencies, callers, everybody, place
FROM (
    SELECT *, row_number() OVER (ORDER BY calls DESC, who, address, port) AS place,
        count() OVER (PARTITION BY address, port) AS callers, uniqExact(who) OVER () AS everybody,
        row_number() OVER (PARTITION BY address, port ORDER BY calls DESC, who) AS rank
    FROM (
        SELECT if(named.name = '', caller, named.name) AS who, address, port, uniqExact(caller) AS addresses,
            sumIf(some, not_status = 0) AS calls, sumIf(size, not_status = 0) AS bytes,
            sumMapIf([status], [some], not_status = 0) AS statuses,
            sumMapIf([bucket], [some], not_status = 1 AND bucket >= 0) AS latencies
        FROM (
            SELECT address, port, caller, status, bucket, sum(calls) AS some, sum(bytes) AS size,
                grouping(status) AS not_status
            FROM ($by_pair) GROUP BY GROUPING SETS ((address, port, caller, status), (address, port, caller, bucket)))
            AS pairs LEFT JOIN ($named) AS named ON named.place = pairs.caller
        GROUP BY who, address, port))
WHERE place <= {rows:UInt32} OR rank = 1
ORDER BY place

--- agents
SELECT cluster, node, argMax(program, number), min(seen), max(seen), count(), sum(added)
FROM (SELECT *, intDiv(number, 1000000) AS seen FROM batches WHERE number >= {records_since:UInt64} $of_node $of_cluster
    ORDER BY number LIMIT 1 BY id)
GROUP BY cluster, node ORDER BY max(number) DESC, node LIMIT {rows:UInt32}

--- losses
SELECT cluster, node, sum(packets), sum(kernel), sum(interface), sum(blind), max(lost), argMax(ports, heard),
    argMax(left, heard), argMax(lag, heard), if(max(gone) < 0, -1, sum(greatest(gone, 0)))
FROM (
    SELECT cluster, node, run, argMax(interfaces, place) AS ports, argMax(waiting, place) AS left,
        argMax(waiting_seconds, place) AS lag, max(dropped) AS gone, max(number) AS heard, max(packets) AS packets,
        max(kernel) AS kernel, max(interface) AS interface, max(blind) AS blind, max(told) AS lost
    FROM (
        SELECT cluster, node, run, number, (packets, number) AS place, packets, kernel, interface, blind, interfaces, waiting,
            waiting_seconds, dropped,
            if(greatest(kernel > max(kernel) OVER earlier, interface > max(interface) OVER earlier,
                blind > max(blind) OVER earlier, dropped > greatest(max(dropped) OVER earlier, 0)), intDiv(number, 1000000), 0) AS told
        FROM batches WHERE run != '' AND number >= {records_since:UInt64} $of_node $of_cluster
        WINDOW earlier AS (PARTITION BY cluster, node, run ORDER BY number ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING))
    GROUP BY cluster, node, run)
GROUP BY cluster, node

--- unread_ends
SELECT min(hour), max(hour), count() FROM unread WHERE day >= {hosts_since:UInt32}

--- unread
SELECT address, port, protocol, reason, connections, size, agents, last, sum(size) OVER () FROM (
    SELECT address, port, protocol, reason, sum(connections) AS connections, sum(bytes) AS size,
        uniqExact(cluster, node) AS agents, max(hour) AS last
    FROM (SELECT * FROM unread
        WHERE day >= {hosts_since:UInt32} AND hour BETWEEN {first:Int64} AND {last:Int64} $of_service $of_node $of_cluster
        LIMIT 1 BY id)
    GROUP BY address, port, protocol, reason)
ORDER BY size DESC, address, port, protocol LIMIT {rows:UInt32}

--- server_names
SELECT address, port, name FROM (
    SELECT address, port, name, max(last) AS latest FROM server_names
    WHERE day >= {hosts_since:UInt32} AND concat(address, ' ', toString(port)) IN (SELECT id FROM ids)
    GROUP BY address, port, name)
ORDER BY address, port, latest DESC, name LIMIT {names:UInt8} BY address, port

--- page
SELECT number, lower(hex(id)), line FROM records
WHERE number < {before:UInt64} AND number >= {records_since:UInt64} $within $filter
ORDER BY number DESC LIMIT 1 BY id LIMIT {limit:UInt32} WITH TIES

--- within
AND time >= {first:Int64} * 1000000 AND time < {last:Int64} * 1000000

--- not_there
countIf(status != 0) > 0 AND countIf(status NOT IN (0, $statuses_not_there)) = 0

--- inventory
SELECT endpoint, any(address) AS address, any(port) AS port, any(method) AS method, any(template) AS template,
    min(start) AS begun, max(start) AS ended, sumMap([status], [calls]), $not_there AS probe
FROM ($ever) WHERE endpoint > {after:UInt64} $selected
GROUP BY endpoint
HAVING ({probes:UInt8} OR NOT probe) AND begun >= {since:Int64}
    AND position(lower(concat(method, ' ', template, ' ', address, if(port = 80, '', concat(':', toString(port))))), {search:String}) > 0
ORDER BY endpoint LIMIT {limit:UInt32}

--- selected
AND endpoint IN (SELECT endpoint FROM ($source))

--- inventory_callers
SELECT endpoint, uniqExact(caller) FROM (
    SELECT endpoint, caller FROM pairs WHERE $kept UNION ALL SELECT endpoint, caller FROM ($open))
WHERE endpoint BETWEEN {first:UInt64} AND {last:UInt64} GROUP BY endpoint

--- inventory_traits
SELECT endpoint, kind, arraySort(groupUniqArray({most:UInt8})(value)) FROM traits
WHERE endpoint BETWEEN {first:UInt64} AND {last:UInt64} GROUP BY endpoint, kind

--- changes
SELECT address, port, method, template, toUInt64(endpoint), whole, statuses, latencies, bytes, past_statuses,
    past_latencies, past_bytes, failed_at, failing, busy
FROM (
    SELECT *, row_number() OVER (PARTITION BY whole ORDER BY failed DESC, address, port, endpoint) AS failing,
        row_number() OVER (PARTITION BY whole ORDER BY calls DESC, endpoint) AS busy
    FROM (
        SELECT address, port, method, template, endpoint, grouping(endpoint) AS whole, sumIf(some, now) AS calls,
            sumIf(some, now AND status >= 500) AS failed,
            sumMapIf([status], [some], now) AS statuses, sumMapIf([bucket], [some], now AND bucket >= 0) AS latencies,
            sumIf(size, now) AS bytes, sumMapIf([status], [some], NOT now) AS past_statuses,
            sumMapIf([bucket], [some], NOT now AND bucket >= 0) AS past_latencies, sumIf(size, NOT now) AS past_bytes,
            arraySort(groupUniqArrayIf(begun, status >= 500)) AS failed_at
        FROM (
            SELECT address, port, method, template, endpoint, status, bucket, intDiv(start, {span:UInt32}) * {span:UInt32} AS begun,
                start >= {window:Int64} AS now, sum(calls) AS some, sum(bytes) AS size
            FROM ($source)
            GROUP BY address, port, method, template, endpoint, status, bucket, begun, now)
        GROUP BY GROUPING SETS ((address, port), (address, port, method, template, endpoint))))
WHERE failing <= {failing:UInt32} OR (whole = 0 AND busy <= {busy:UInt32})
ORDER BY failing

--- findings
SELECT anomaly, address, port, if(named.name = '', caller, named.name) AS who, sum(pairs.calls) AS asked, min(start), max(start)
FROM (SELECT *, arrayJoin(anomalies) AS anomaly FROM ($by_pair)) AS pairs
LEFT JOIN ($named) AS named ON named.place = pairs.caller
WHERE {tag:String} IN ('', anomaly)
GROUP BY anomaly, address, port, who ORDER BY asked DESC, anomaly, address, who LIMIT {rows:UInt32}

--- cleartext
SELECT address, port, arraySort(groupUniqArray(value)) AS carried, uniqExact(endpoint) AS endpoints
FROM (SELECT DISTINCT address, port, endpoint FROM ($source)) AS called
JOIN (SELECT DISTINCT endpoint, value FROM traits WHERE kind = 'credential' AND value != '') AS likeness USING endpoint
GROUP BY address, port ORDER BY endpoints DESC, address, port LIMIT {rows:UInt32}

--- scanners
SELECT if(named.name = '', caller, named.name) AS who, uniqExactIf(endpoint, vain) AS paths,
    uniqExactIf((address, port), vain) AS services, sumIf(pairs.calls, vain) AS asked, sum(pairs.calls) AS whole,
    minIf(start, vain), maxIf(start, vain)
FROM (
    SELECT *, endpoint IN (SELECT endpoint FROM ($ever) GROUP BY endpoint HAVING $not_there) AS vain FROM ($by_pair)) AS pairs
LEFT JOIN ($named) AS named ON named.place = pairs.caller
GROUP BY who HAVING asked >= {scanned:UInt32} AND 2 * asked >= whole ORDER BY asked DESC, who LIMIT {rows:UInt32}

--- services
SELECT address, port FROM ($ever) GROUP BY address, port ORDER BY sum(calls) DESC LIMIT {limit:UInt32}

--- endpoints
SELECT address, port, method, template FROM ($ever)
GROUP BY address, port, method, template ORDER BY sum(calls) DESC LIMIT {limit:UInt32}

--- callers
SELECT caller FROM (
    SELECT caller, calls FROM pairs WHERE $kept UNION ALL SELECT caller, calls FROM ($open))
GROUP BY caller ORDER BY sum(calls) DESC LIMIT {limit:UInt32}

--- version
SELECT (SELECT count() FROM batches), (SELECT max(number) FROM batches), $closed

--- kept_now
SELECT (SELECT count() FROM records WHERE number >= {records_since:UInt64}),
    (SELECT min(number) FROM records WHERE number >= {records_since:UInt64}),
    (SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND database = currentDatabase())

--- old_partitions
SELECT table, partition, sum(rows) FROM system.parts
WHERE active AND database = currentDatabase() AND (
    (table IN ('records', 'batches') AND toUInt32(partition) < {records_day:UInt32}
        AND (SELECT max(number) FROM records WHERE number < {records_day:UInt32} * 86400000000)
            < ($closed + 1) * 3600000000)
    OR (table IN ('hosts', 'views') AND toUInt32(partition) < {records_day:UInt32})
    OR (table IN ('totals', 'pairs', 'slices', 'traits', 'unread', 'server_names') AND toUInt32(partition) < {totals_day:UInt32}))
GROUP BY table, partition

--- drop_partition
ALTER TABLE $table $on_cluster DROP PARTITION $day
