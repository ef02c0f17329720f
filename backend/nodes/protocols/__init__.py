"""How agents discuss, one file a protocol."""
