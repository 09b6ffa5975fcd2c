-- A merge replaces parts that the disk has (spans are synced when they are inserted, and what is
-- derived is older than the kernel waits) by one that it may not have yet: a power cut then takes all
-- of them, however old. So a merged part is synced before its sources go.
ALTER TABLE spans MODIFY SETTING min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1;

ALTER TABLE logs MODIFY SETTING min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1;

ALTER TABLE trace_sessions MODIFY SETTING min_rows_to_fsync_after_merge = 1, fsync_part_directory = 1;

ALTER TABLE touched MODIFY SETTING min_rows_to_fsync_after_merge = 1;

ALTER TABLE traces MODIFY SETTING min_rows_to_fsync_after_merge = 1;

ALTER TABLE turns MODIFY SETTING min_rows_to_fsync_after_merge = 1;

ALTER TABLE messages MODIFY SETTING min_rows_to_fsync_after_merge = 1;

ALTER TABLE sessions MODIFY SETTING min_rows_to_fsync_after_merge = 1;

