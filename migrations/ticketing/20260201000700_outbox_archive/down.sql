-- What is archived stays so; what is left of it is read like any other row.
DROP FUNCTION outbox_archive_before(date);
DROP TABLE outbox_archive;
