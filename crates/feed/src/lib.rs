//! Feeds of state between services: outbox writer, HTTP feed, consumer
