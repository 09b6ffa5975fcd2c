-- The latest time that a trace was touched at.
SELECT max(touched_at) FROM touched
