"""What is promised, a module for each kind of promise."""
