"""Measures Jetway beside other proxies: the same clients, upstreams and loads, interleaved in rounds."""
