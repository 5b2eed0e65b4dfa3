"""The ways into the app, one module each: bindings in, one call into `shared`, an answer out."""
