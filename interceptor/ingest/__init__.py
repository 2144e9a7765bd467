"""The ingest API's server side: who may send, what a batch must be, and how it is answered."""
