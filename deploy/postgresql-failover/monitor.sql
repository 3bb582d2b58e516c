-- On the monitor of pg_auto_failover, once: a primary that died is replaced within about 20 seconds instead of 50.
-- A primary that is cut off stops itself after network_partition_timeout (10 s in keeper.sh), which is less than
-- the first and the last of these together: there are never two that take writes.
ALTER SYSTEM SET pgautofailover.node_considered_unhealthy_timeout = '7s';
ALTER SYSTEM SET pgautofailover.health_check_period = '1s';
ALTER SYSTEM SET pgautofailover.health_check_retry_delay = '500ms';
ALTER SYSTEM SET pgautofailover.health_check_timeout = '2s';
ALTER SYSTEM SET pgautofailover.primary_demote_timeout = '7s';
SELECT pg_reload_conf();
