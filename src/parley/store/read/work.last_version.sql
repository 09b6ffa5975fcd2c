-- The highest version that derivation ever wrote, so that a clock set back writes no older ones.
SELECT greatest((SELECT max(version) FROM turns), (SELECT max(version) FROM sessions), (SELECT max(version) FROM messages), (SELECT max(version) FROM traces), (SELECT max(version) FROM labels))
