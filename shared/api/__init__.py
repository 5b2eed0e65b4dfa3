"""The HTTP surface in parts: what each operation takes and answers is declared once, for handlers and OpenAPI alike."""
