-- What is archived stays archived; the rows that replace it are read like any others.
DROP FUNCTION outbox_archive_before(date);
DROP TABLE outbox_archive;
