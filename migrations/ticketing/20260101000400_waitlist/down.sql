DROP TABLE leases;
DROP TABLE messages;
DROP TABLE waitlist_entries;
DROP TABLE waitlists;
