"""Node kinds of a package that is not part of the product."""
