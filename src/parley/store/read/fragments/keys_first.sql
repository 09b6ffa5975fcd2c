SETTINGS optimize_move_to_prewhere_if_final = 1
