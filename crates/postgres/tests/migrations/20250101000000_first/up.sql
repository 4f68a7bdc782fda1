CREATE TABLE first (n int);
