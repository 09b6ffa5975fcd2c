SELECT value FROM store_facts FINAL WHERE name = {name:String}
