if(start_time_unix_nano >= 946684800000000000 AND start_time_unix_nano < 4102444800000000000, start_time_unix_nano, received_at)
