"""A local functions host: it drives Microsoft's Python language runtime in process and adds the trigger side."""
