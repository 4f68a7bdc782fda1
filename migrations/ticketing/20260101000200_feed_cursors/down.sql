DROP TABLE feed_set_aside;
DROP TABLE feed_cursors;
