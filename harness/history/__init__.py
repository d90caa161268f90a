"""The history: columns of events, the journal they are kept in, events for witnesses."""
