"""HTTP methods that only look (RFC 9110, 9.2.1): a request with one may be made again."""

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
