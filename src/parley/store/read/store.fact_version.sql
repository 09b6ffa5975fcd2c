-- The version of a fact, 0 when unknown.
SELECT max(version) FROM store_facts WHERE name = {name:String}
