"""The two adapters: Blob Storage and Cosmos DB. Nothing else talks to either."""
