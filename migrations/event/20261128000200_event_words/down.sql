DROP INDEX events_by_words;
DROP FUNCTION event_words(text);
