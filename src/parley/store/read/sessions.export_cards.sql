-- Every row that is exported, as the list reads it; what does not fit the memory is sorted on disk.
SELECT card, scores, labels {{exported}} /*page*/
{{as_export}}
